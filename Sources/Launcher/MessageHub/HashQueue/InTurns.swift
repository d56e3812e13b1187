import DequeModule

/// What waits in some order of its own.
protocol WaitingLine: Sendable {
    init()
    var isEmpty: Bool { get }
    mutating func popFirst() -> UInt64?
}

extension Deque: WaitingLine where Element == UInt64 {}

/// Several lines, served in turn; a line of lines is a line, so turns can be taken inside turns.
///
///     a │ 1 2 3
///     b │ 4         ──▶   1 4 5 2 6 3
///     c │ 5 6
struct InTurns<Key: Hashable & Sendable, Line: WaitingLine>: WaitingLine {
    private var turns: Deque<Key> = []
    private var lines: [Key: Line] = [:]

    init() {}

    var isEmpty: Bool { lines.isEmpty }

    /// Lets `body` add to the line of `key`, or remove from it.
    mutating func change(_ key: Key, _ body: (inout Line) -> Void) {
        let isNew = lines[key] == nil
        body(&lines[key, default: Line()])
        if lines[key]?.isEmpty == true {
            lines[key] = nil
            if !isNew { turns.removeAll { $0 == key } }
        } else if isNew {
            turns.append(key)
        }
    }

    mutating func popFirst() -> UInt64? {
        guard let key = turns.popFirst(), let first = lines[key]?.popFirst() else { return nil }
        if lines[key]?.isEmpty == true { lines[key] = nil } else { turns.append(key) }
        return first
    }
}
