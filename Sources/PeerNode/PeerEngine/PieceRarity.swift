import BitTorrentTypes

/// The pieces that can be started, the rarest first.
///
///     order    │ 4 │ 2 0 │ 5 1 3 │ 7 6        the last group cannot be started: verified or under way
///     group    │ 0 │  1  │   2   │ out        how many peers have the piece, complete ones not counted
///     starts   0   1     3       6
///
/// A piece changes its group by one swap with the group's edge, so that a `have` costs the same in a torrent of ten
/// pieces and of a million. Within a group the order is random from the beginning. Peers that came complete raise every
/// piece alike and are left out.
struct PieceRarity: Sendable {
    private var order: [PieceIndex]
    /// Where each piece stands in `order`.
    private var position: [Int32]
    /// Where each group begins; the last entry is the beginning of `out`.
    private var starts: [Int]
    private var availability: [UInt16]

    init(layout: PieceLayout, using generator: inout some RandomNumberGenerator) {
        order = layout.pieces.shuffled(using: &generator)
        position = Array(repeating: 0, count: order.count)
        for (place, piece) in order.enumerated() { position[piece.rawValue] = Int32(truncatingIfNeeded: place) }
        starts = [0, order.count]
        availability = Array(repeating: 0, count: order.count)
    }

    /// How many pieces can be started.
    var count: Int { starts[starts.count - 1] }

    /// How many peers that came incomplete have `piece`.
    func availability(of piece: PieceIndex) -> Int { Int(availability[piece.rawValue]) }

    func contains(_ piece: PieceIndex) -> Bool { Int(position[piece.rawValue]) < count }

    /// One more peer has `piece`.
    mutating func raise(_ piece: PieceIndex) {
        let group = Int(availability[piece.rawValue])
        guard group < Int(UInt16.max) else { return }
        availability[piece.rawValue] += 1
        while group + 2 >= starts.count { starts.append(count) }
        guard contains(piece) else { return }
        moveUp(piece, outOf: group)
    }

    /// One peer less has `piece`.
    mutating func lower(_ piece: PieceIndex) {
        let group = Int(availability[piece.rawValue])
        guard group > 0 else { return }
        availability[piece.rawValue] -= 1
        guard contains(piece) else { return }
        moveDown(piece, outOf: group)
    }

    /// `piece` can no longer be started.
    mutating func takeOut(_ piece: PieceIndex) {
        guard contains(piece) else { return }
        for group in Int(availability[piece.rawValue])..<(starts.count - 1) { moveUp(piece, outOf: group) }
    }

    /// `piece` can be started again.
    mutating func putBack(_ piece: PieceIndex) {
        guard !contains(piece) else { return }
        for group in ((Int(availability[piece.rawValue]) + 1)..<starts.count).reversed() {
            moveDown(piece, outOf: group)
        }
    }

    /// The rarest piece of those that `has` holds.
    func rarest(of has: Bitfield) -> PieceIndex? {
        order[..<count].first { has.contains($0) }
    }

    /// Any piece of those that `has` holds, all alike.
    func random(of has: Bitfield, using generator: inout some RandomNumberGenerator) -> PieceIndex? {
        guard count > 0 else { return nil }
        let start = Int.random(in: 0..<count, using: &generator)
        return order[start..<count].first { has.contains($0) } ?? order[..<start].first { has.contains($0) }
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
