/// A piece of a torrent that is known to exist; only a ``PieceLayout`` makes one from a number of outside.
package struct PieceIndex: Hashable, Sendable, Comparable {
    package let rawValue: Int

    init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package static func < (left: PieceIndex, right: PieceIndex) -> Bool { left.rawValue < right.rawValue }
}

extension PieceIndex: CustomStringConvertible {
    package var description: String { String(rawValue) }
}

/// A run of bytes inside one piece, as `request` and `piece` messages name it.
///
/// - Units: `offset` from the start of the piece and `length`, both in bytes.
package struct BlockRange: Hashable, Sendable {
    package let piece: PieceIndex
    package let offset: Int
    package let length: Int

    init(piece: PieceIndex, offset: Int, length: Int) {
        self.piece = piece
        self.offset = offset
        self.length = length
    }

    /// One past the last byte, in the piece.
    package var end: Int { offset + length }

    package func contains(_ other: BlockRange) -> Bool {
        piece == other.piece && offset <= other.offset && other.end <= end
    }

    /// Whether `part` can be taken out so that whole blocks remain.
    package func isRun(with part: BlockRange) -> Bool {
        contains(part) && part.offset.isMultiple(of: PieceLayout.blockLength)
            && (part.end == end || part.end.isMultiple(of: PieceLayout.blockLength))
    }

    /// This range and `next` as one, when the one ends where the other begins.
    package func joined(with next: BlockRange) -> BlockRange? {
        guard piece == next.piece, end == next.offset else { return nil }
        return BlockRange(piece: piece, offset: offset, length: length + next.length)
    }

    /// What comes before and after `part`, which must be inside; `nil` where nothing does.
    package func remainders(without part: BlockRange) -> (head: BlockRange?, tail: BlockRange?) {
        precondition(contains(part), "the part is inside the range")
        let head = BlockRange(piece: piece, offset: offset, length: part.offset - offset)
        let tail = BlockRange(piece: piece, offset: part.end, length: end - part.end)
        return (head.length > 0 ? head : nil, tail.length > 0 ? tail : nil)
    }

    /// The `length` bytes from byte `start` of the range on, which must be inside.
    package func part(from start: Int, length: Int) -> BlockRange {
        precondition(start >= 0 && length > 0 && start + length <= self.length, "the part is inside the range")
        return BlockRange(piece: piece, offset: offset + start, length: length)
    }
}

/// Why a layout cannot be.
package enum PieceLayoutError: Error, Hashable {
    case emptyTorrent
    case badTotalLength(Int)
    case badPieceLength(Int)
    case tooManyPieces(Int)
}

/// Where the bytes of a torrent fall: pieces, and the blocks inside them.
///
///     bytes   0 ───────────────┬──────────────┬─────── totalLength
///     pieces  │ 0              │ 1            │ 2 (short)
///     blocks  │ 0 │ 1 │ 2 │ 3  │ 0 │ …
///
/// - Units: lengths and offsets in bytes; indices from zero.
/// - Source: BEP 3, "metainfo files".
package struct PieceLayout: Hashable, Sendable {
    /// The unit of a `request`: 16 KiB, the size every client accepts.
    package static let blockLength = 16 * 1024

    /// The most pieces we accept: 2²¹, the limit of libtorrent.
    package static let maximumPieceCount = 2_097_152

    package let totalLength: Int
    package let pieceLength: Int
    package let pieceCount: Int

    /// - Throws: ``PieceLayoutError`` when a length is not positive or the pieces are too many.
    package init(totalLength: Int, pieceLength: Int) throws(PieceLayoutError) {
        guard totalLength != 0 else { throw .emptyTorrent }
        guard totalLength > 0 else { throw .badTotalLength(totalLength) }
        guard pieceLength > 0 else { throw .badPieceLength(pieceLength) }
        let pieceCount = (totalLength - 1) / pieceLength + 1
        guard pieceCount <= Self.maximumPieceCount else { throw .tooManyPieces(pieceCount) }
        self.totalLength = totalLength
        self.pieceLength = pieceLength
        self.pieceCount = pieceCount
    }

    /// The one place where an index from outside becomes one we trust.
    package func piece(_ index: some BinaryInteger) -> PieceIndex? {
        guard let number = Int(exactly: index), number >= 0, number < pieceCount else { return nil }
        return PieceIndex(rawValue: number)
    }

    /// Every piece, in order.
    package var pieces: LazyMapSequence<Range<Int>, PieceIndex> {
        (0..<pieceCount).lazy.map { PieceIndex(rawValue: $0) }
    }

    /// Offset of the first byte of `piece` in the torrent.
    package func start(of piece: PieceIndex) -> Int { piece.rawValue * pieceLength }

    /// All pieces are `pieceLength` long but the last, which may be short.
    package func length(of piece: PieceIndex) -> Int {
        min(pieceLength, totalLength - start(of: piece))
    }

    /// Where the bytes of `block` lie in the torrent.
    package func bytes(of block: BlockRange) -> Range<Int> {
        let start = start(of: block.piece) + block.offset
        return start..<start + block.length
    }

    /// How many blocks `piece` has; the last may be short.
    package func blockCount(of piece: PieceIndex) -> Int {
        (length(of: piece) - 1) / Self.blockLength + 1
    }

    /// Block `number` of `piece`; `number` must be below ``blockCount(of:)``.
    package func block(_ number: Int, of piece: PieceIndex) -> BlockRange {
        precondition((0..<blockCount(of: piece)).contains(number), "a block is inside its piece")
        let offset = number * Self.blockLength
        return BlockRange(piece: piece, offset: offset, length: min(Self.blockLength, length(of: piece) - offset))
    }

    /// A range that a peer named, checked: inside its piece, not empty, any length up to the piece's.
    package func range(piece: UInt32, offset: UInt32, length: UInt32) -> BlockRange? {
        guard let piece = self.piece(piece) else { return nil }
        let pieceLength = self.length(of: piece)
        guard length > 0, Int(offset) < pieceLength, Int(length) <= pieceLength - Int(offset) else { return nil }
        return BlockRange(piece: piece, offset: Int(offset), length: Int(length))
    }

    /// The number of the block that `range` is exactly, or `nil` when it is not one of our 16 KiB blocks.
    package func blockNumber(of range: BlockRange) -> Int? {
        guard range.offset % Self.blockLength == 0 else { return nil }
        let number = range.offset / Self.blockLength
        return block(number, of: range.piece) == range ? number : nil
    }

    /// The numbers of the blocks that `range` touches; a whole number of blocks when it is one that we asked for.
    package func blockNumbers(of range: BlockRange) -> Range<Int> {
        range.offset / Self.blockLength..<(range.offset + range.length - 1) / Self.blockLength + 1
    }
}
