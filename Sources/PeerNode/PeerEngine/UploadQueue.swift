import BitTorrentTypes
import DequeModule

/// What one peer asked of us: waiting, and handed out to be sent.
///
///     requests ──▶ waiting ≤ 2 000 ──▶ serving ≤ 1 MiB ──▶ the socket took it
struct UploadQueue: Sendable {
    private var waiting: Deque<BlockRange> = []
    private var serving: Deque<BlockRange> = []
    private(set) var servingBytes = 0

    var count: Int { waiting.count + serving.count }
    var isServing: Bool { !serving.isEmpty }

    mutating func append(_ range: BlockRange) { waiting.append(range) }

    /// The next range to send, while the bytes under way stay within `window`; one is always allowed.
    mutating func next(window: Int) -> BlockRange? {
        guard let range = waiting.first, servingBytes == 0 || servingBytes + range.length <= window else { return nil }
        waiting.removeFirst()
        serving.append(range)
        servingBytes += range.length
        return range
    }

    /// Whether `range` was under way; it is not any more.
    mutating func finish(_ range: BlockRange) -> Bool {
        guard serving.takeOut(range) else { return false }
        servingBytes -= range.length
        return true
    }

    enum Cancellation: Hashable {
        case unknown
        case waiting
        case serving
    }

    /// Takes one request for `range` back, and says how far it had come.
    mutating func cancel(_ range: BlockRange) -> Cancellation {
        if cancelWaiting(range) { return .waiting }
        return finish(range) ? .serving : .unknown
    }

    /// What was handed out and is not reported as sent.
    var underWay: [BlockRange] { Array(serving) }

    /// Whether `range`, or a run that it is part of, was handed out and is not reported as sent.
    func isUnderWay(_ range: BlockRange) -> Bool { serving.contains { $0.contains(range) } }

    /// Takes one request for `range` back that is not being answered yet; returns whether there was one.
    mutating func cancelWaiting(_ range: BlockRange) -> Bool { waiting.takeOut(range) }

    /// Takes out what is not being answered yet and fits `condition`.
    mutating func removeWaiting(where condition: (BlockRange) -> Bool) -> [BlockRange] {
        let removed = waiting.filter(condition)
        waiting.removeAll(where: condition)
        return Array(removed)
    }

    /// Forgets everything; returns whether something was under way.
    mutating func removeAll() -> Bool {
        defer {
            waiting.removeAll(keepingCapacity: true)
            serving.removeAll(keepingCapacity: true)
            servingBytes = 0
        }
        return isServing
    }
}

extension Deque<BlockRange> {
    /// Takes `range` out once, also out of the run that it is a part of, at the borders of blocks: the others stay.
    fileprivate mutating func takeOut(_ range: BlockRange) -> Bool {
        if let index = firstIndex(of: range) {
            remove(at: index)
            return true
        }
        guard let index = firstIndex(where: { $0.isRun(with: range) }) else { return false }
        let (head, tail) = self[index].remainders(without: range)
        replaceSubrange(index...index, with: [head, tail].compactMap(\.self))
        return true
    }
}
