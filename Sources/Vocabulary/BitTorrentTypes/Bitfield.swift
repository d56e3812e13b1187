/// Which pieces somebody has: one bit a piece, the first piece in the highest bit of the first byte.
///
///     byte 0      byte 1
///     7 6 5 4 …   7 6 …       bit
///     0 1 2 3 …   8 9 …       piece; spare bits at the end are zero
///
/// - Source: BEP 3, "bitfield".
package struct Bitfield: Hashable, Sendable {
    package let pieceCount: Int
    /// The bytes as they go over the wire.
    package private(set) var bytes: [UInt8]
    /// How many bits are set.
    package private(set) var count: Int

    /// An empty bitfield for `pieceCount` pieces.
    package init(pieceCount: Int) {
        precondition(pieceCount >= 0, "a torrent has no negative number of pieces")
        self.pieceCount = pieceCount
        bytes = Array(repeating: 0, count: Self.byteCount(pieceCount: pieceCount))
        count = 0
    }

    /// A full bitfield for `pieceCount` pieces.
    package init(allOf pieceCount: Int) {
        self.init(pieceCount: pieceCount)
        for index in 0..<pieceCount { insert(index) }
    }

    /// Takes the bytes of a `bitfield` message; `nil` when the length is wrong or a spare bit is set.
    package init?(wire bytes: some Collection<UInt8>, pieceCount: Int) {
        guard pieceCount >= 0, bytes.count == Self.byteCount(pieceCount: pieceCount) else { return nil }
        self.pieceCount = pieceCount
        self.bytes = Array(bytes)
        let spareBits = self.bytes.count * 8 - pieceCount
        if let last = self.bytes.last, spareBits > 0, last & (1 << spareBits - 1) != 0 { return nil }
        count = self.bytes.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    package static func byteCount(pieceCount: Int) -> Int { (pieceCount + 7) / 8 }

    package var isComplete: Bool { count == pieceCount }
    package var isEmpty: Bool { count == 0 }

    package func contains(_ piece: PieceIndex) -> Bool { contains(piece.rawValue) }

    /// Sets the bit of `piece`; returns whether it was clear before.
    @discardableResult
    package mutating func insert(_ piece: PieceIndex) -> Bool { insert(piece.rawValue) }

    /// Clears the bit of `piece`; returns whether it was set before.
    @discardableResult
    package mutating func remove(_ piece: PieceIndex) -> Bool {
        guard contains(piece.rawValue) else { return false }
        bytes[piece.rawValue >> 3] &= ~mask(piece.rawValue)
        count -= 1
        return true
    }

    /// The numbers of the set bits, ascending.
    package var indices: [Int] { (0..<pieceCount).filter { contains($0) } }

    private func contains(_ index: Int) -> Bool { bytes[index >> 3] & mask(index) != 0 }

    @discardableResult
    private mutating func insert(_ index: Int) -> Bool {
        guard !contains(index) else { return false }
        bytes[index >> 3] |= mask(index)
        count += 1
        return true
    }

    private func mask(_ index: Int) -> UInt8 { 0x80 >> UInt8(truncatingIfNeeded: index & 7) }
}
