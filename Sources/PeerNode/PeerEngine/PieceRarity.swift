import BitTorrentTypes

/// The pieces that can be started: the most wanted first, of those the rarest.
///
///                 high        normal              low
///     order    │ 4 │ 2 0 ║ 5 1 3 │ 7 ║   │ 6 ║ 8 9     the last group cannot be started: verified, under way, skipped
///     group    │ 0 │  1  ║   0   │ 1 ║ 0 │ 1 ║ out     how many peers have the piece, complete ones not counted
///     starts   0   1     3       6   7   7   8
///
/// A piece changes its group by one swap with the group's edge, so that a `have` costs the same in a torrent of ten
/// pieces and of a million. Within a group the order is random from the beginning. Peers that came complete raise every
/// piece alike and are left out. Every priority has the same number of groups, `width`.
struct PieceRarity: Sendable {
    private static let shelves: [PiecePriority] = [.high, .normal, .low]

    private var order: [PieceIndex]
    /// Where each piece stands in `order`.
    private var position: [Int32]
    private var width = 1
    /// Where each group begins; the last entry is the beginning of `out`.
    private var starts: [Int]
    private var availability: [UInt16]
    private var priorities: [PiecePriority]
    /// For each shelf: no piece on it has a lower number.
    private var cursors: [Int]

    init(layout: PieceLayout, using generator: inout some RandomNumberGenerator) {
        order = layout.pieces.shuffled(using: &generator)
        position = Array(repeating: 0, count: order.count)
        for (place, piece) in order.enumerated() { position[piece.rawValue] = Int32(truncatingIfNeeded: place) }
        starts = [0, 0, order.count, order.count]
        availability = Array(repeating: 0, count: order.count)
        priorities = Array(repeating: .normal, count: order.count)
        cursors = Array(repeating: 0, count: Self.shelves.count)
    }

    /// How many pieces can be started.
    var count: Int { starts[starts.count - 1] }

    /// How many peers that came incomplete have `piece`.
    func availability(of piece: PieceIndex) -> Int { Int(availability[piece.rawValue]) }

    func priority(of piece: PieceIndex) -> PiecePriority { priorities[piece.rawValue] }

    func contains(_ piece: PieceIndex) -> Bool { Int(position[piece.rawValue]) < count }

    /// One more peer has `piece`.
    mutating func raise(_ piece: PieceIndex) {
        let peers = Int(availability[piece.rawValue])
        guard peers < Int(UInt16.max) else { return }
        if peers + 1 == width { widen() }
        availability[piece.rawValue] += 1
        guard contains(piece) else { return }
        moveUp(piece, outOf: group(of: piece) - 1)
    }

    /// One peer less has `piece`.
    mutating func lower(_ piece: PieceIndex) {
        guard availability[piece.rawValue] > 0 else { return }
        availability[piece.rawValue] -= 1
        guard contains(piece) else { return }
        moveDown(piece, outOf: group(of: piece) + 1)
    }

    /// `piece` can no longer be started.
    mutating func takeOut(_ piece: PieceIndex) {
        guard contains(piece) else { return }
        for group in group(of: piece)..<(starts.count - 1) { moveUp(piece, outOf: group) }
    }

    /// `piece` can be started again, unless it is not wanted.
    mutating func putBack(_ piece: PieceIndex) {
        guard !contains(piece), priorities[piece.rawValue] != .skip else { return }
        let shelf = Self.shelf(of: priorities[piece.rawValue])
        cursors[shelf] = min(cursors[shelf], piece.rawValue)
        for group in ((group(of: piece) + 1)..<starts.count).reversed() { moveDown(piece, outOf: group) }
    }

    /// Gives every piece its priority, and says anew which can be started; `skip` never can.
    mutating func arrange(_ priorities: [PiecePriority], startable: (PieceIndex) -> Bool) {
        self.priorities = priorities
        let outside = starts.count - 1
        let groups = order.map { startable($0) && priorities[$0.rawValue] != .skip ? group(of: $0) : outside }
        var next = [Int](repeating: 0, count: starts.count + 1)
        for group in groups { next[group + 1] += 1 }
        for group in 1...starts.count { next[group] += next[group - 1] }
        starts = Array(next.dropLast())
        // In the old order, so that each group stays as random as it was.
        var arranged = order
        for (piece, group) in zip(order, groups) {
            arranged[next[group]] = piece
            position[piece.rawValue] = Int32(truncatingIfNeeded: next[group])
            next[group] += 1
        }
        order = arranged
        cursors = Array(repeating: 0, count: Self.shelves.count)
    }

    private static func shelf(of priority: PiecePriority) -> Int {
        Int(PiecePriority.high.rawValue - priority.rawValue)
    }

    /// Whether two pieces are wanted as much and equally rare.
    func isAlike(_ one: PieceIndex, _ other: PieceIndex) -> Bool { group(of: one) == group(of: other) }

    private func group(of piece: PieceIndex) -> Int {
        Self.shelf(of: priorities[piece.rawValue]) * width + Int(availability[piece.rawValue])
    }

    /// Makes room for a piece that more peers have than any before: a further, empty group on every shelf.
    private mutating func widen() {
        var wider: [Int] = []
        wider.reserveCapacity(starts.count + Self.shelves.count)
        for shelf in Self.shelves.indices {
            wider += starts[shelf * width..<(shelf + 1) * width]
            wider.append(starts[(shelf + 1) * width])
        }
        wider.append(count)
        starts = wider
        width += 1
    }

    private mutating func moveUp(_ piece: PieceIndex, outOf group: Int) {
        starts[group + 1] -= 1
        swap(piece, at: starts[group + 1])
    }

    private mutating func moveDown(_ piece: PieceIndex, outOf group: Int) {
        swap(piece, at: starts[group])
        starts[group] += 1
    }

    private mutating func swap(_ piece: PieceIndex, at place: Int) {
        let old = Int(position[piece.rawValue])
        let other = order[place]
        order[old] = other
        order[place] = piece
        position[other.rawValue] = Int32(truncatingIfNeeded: old)
        position[piece.rawValue] = Int32(truncatingIfNeeded: place)
    }
}

// MARK: - Choosing

extension PieceRarity {
    /// The rarest of the most wanted pieces that `has` holds.
    func rarest(of has: Bitfield) -> PieceIndex? {
        order[..<count].first { has.contains($0) }
    }

    /// Any of the most wanted pieces that `has` holds, all alike.
    func random(of has: Bitfield, using generator: inout some RandomNumberGenerator) -> PieceIndex? {
        for shelf in Self.shelves.indices {
            let range = range(of: shelf)
            guard !range.isEmpty else { continue }
            let start = Int.random(in: range, using: &generator)
            let found =
                order[start..<range.upperBound].first { has.contains($0) }
                ?? order[range.lowerBound..<start].first { has.contains($0) }
            if let found { return found }
        }
        return nil
    }

    /// The first, by number, of the most wanted pieces that `has` holds.
    mutating func first(of has: Bitfield, in layout: PieceLayout) -> PieceIndex? {
        for shelf in Self.shelves.indices where !range(of: shelf).isEmpty {
            var isCursor = true
            for piece in layout.pieces.dropFirst(cursors[shelf])
            where Self.shelf(of: priorities[piece.rawValue]) == shelf && contains(piece) {
                if isCursor { cursors[shelf] = piece.rawValue }
                isCursor = false
                if has.contains(piece) { return piece }
            }
        }
        return nil
    }

    private func range(of shelf: Int) -> Range<Int> { starts[shelf * width]..<starts[(shelf + 1) * width] }
}
