import BitTorrentTypes
import PeerWire

@testable import PeerEngine

/// A torrent whose pieces have one block each, unless said otherwise.
func drawnLayout(pieces: Int, blocks: Int = 1) throws -> PieceLayout {
    let pieceLength = blocks * PieceLayout.blockLength
    return try PieceLayout(totalLength: pieces * pieceLength, pieceLength: pieceLength)
}

extension Bitfield {
    /// `#` is there, anything else is not.
    init(drawn: String) throws {
        let layout = try drawnLayout(pieces: drawn.count)
        self.init(pieceCount: drawn.count)
        for (piece, mark) in zip(layout.pieces, drawn) where mark == "#" { insert(piece) }
    }
}

extension PiecePriority {
    /// `-` skip, `l` low, `·` normal, `h` high.
    static func drawn(_ marks: String) -> [PiecePriority] {
        marks.map { mark in
            switch mark {
            case "-": .skip
            case "l": .low
            case "h": .high
            default: .normal
            }
        }
    }
}

extension PeerKey {
    static let ann = PeerKey(slot: 0, generation: 1)
    static let bob = PeerKey(slot: 1, generation: 1)
    static let cid = PeerKey(slot: 2, generation: 1)
}

/// A picker in a drawn situation, and the die that it throws.
struct DrawnPicker {
    var picker: PiecePicker
    var random = EngineRandom(seed: 7)

    /// `have`: `#` for verified; `wanted`: the priorities; `availability`: how many peers have each piece.
    init(have: String, wanted: String? = nil, availability: [Int], blocks: Int = 1) throws {
        let layout = try drawnLayout(pieces: have.count, blocks: blocks)
        let verified = try Bitfield(drawn: have)
        picker = PiecePicker(layout: layout, verified: verified, using: &random)
        if let wanted { _ = picker.setPriorities(PiecePriority.drawn(wanted), verified: verified) }
        for (piece, peers) in zip(layout.pieces, availability) {
            for _ in 0..<peers { picker.rarity.raise(piece) }
        }
    }

    /// The blocks that a peer is asked for, as `piece.block`.
    mutating func next(
        _ count: Int = 1,
        from drawn: String,
        for key: PeerKey = .ann,
        isOnParole: Bool = false,
        probation: [PieceIndex]? = nil
    ) throws -> [String] {
        let has = try Bitfield(drawn: drawn)
        let picker = self.picker
        let interesting = picker.layout.pieces.filter { piece in
            has.contains(piece) && picker.isWanted(piece)
                && (picker.rarity.contains(piece) || picker.partial(of: piece) != nil)
        }
        var wish = PiecePicker.Wish(key: key, has: has, interesting: interesting.count, count: count)
        wish.isOnParole = isOnParole
        wish.probation = probation
        var ranges: [BlockRange] = []
        self.picker.pick(for: &wish, at: .zero, using: &random, into: &ranges)
        return ranges.map { "\($0.piece).\($0.offset / PieceLayout.blockLength)" }
    }

    /// A block arrives from a contributor.
    mutating func receive(_ piece: Int, _ block: Int, from contributor: Contributor) throws {
        guard let index = picker.layout.piece(piece) else { return }
        picker.update(index) { partial in
            partial.release(block)
            partial.receive(block, from: contributor)
        }
    }
}
