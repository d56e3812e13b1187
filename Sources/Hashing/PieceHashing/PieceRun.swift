import BitTorrentTypes

/// Some bytes of one file.
///
/// - Units: `offset` and `length` in bytes; the path as bytes, absolute or under the current folder.
package struct FileSlice: Hashable, Sendable {
    package let path: [UInt8]
    package let offset: Int
    package let length: Int

    package init(path: [UInt8], offset: Int, length: Int) {
        self.path = path
        self.offset = offset
        self.length = length
    }
}

/// Why slices are no run of pieces.
package enum PieceRunError: Error, Hashable {
    case badPieceLength(Int)
    case badSlice(index: Int)
    case tooLong
    case tooManyPieces(Int)
}

extension PieceRunError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badPieceLength(let length): "a piece length of \(length) bytes is not possible"
        case .badSlice(let index): "slice \(index) has a negative or too large offset or length"
        case .tooLong: "the slices are longer than a file can be"
        case .tooManyPieces(let count): "\(count) pieces are more than \(PieceLayout.maximumPieceCount)"
        }
    }
}

/// Consecutive pieces over one or many files.
///
///     slices  │ a.bin 0..<700 │ b.bin 300..<500 │ c.bin 0..<400 │
///     pieces  │ 0 (512)    │ 1 (512)      │ 2 (276, short)      │
///
/// - Units: bytes. Joined, the slices are cut every `pieceLength` bytes.
package struct PieceRun: Hashable, Sendable {
    package let slices: [FileSlice]
    package let pieceLength: Int
    package let totalLength: Int
    /// Where each slice starts in the run.
    let starts: [Int]

    /// Numbers from outside are checked here and trusted from then on.
    ///
    /// - Throws: ``PieceRunError``
    package init(slices: [FileSlice], pieceLength: Int) throws(PieceRunError) {
        guard pieceLength > 0 else { throw .badPieceLength(pieceLength) }
        var starts: [Int] = []
        starts.reserveCapacity(slices.count)
        var total = 0
        for (index, slice) in slices.enumerated() {
            guard slice.offset >= 0, slice.length >= 0, slice.length <= Int.max - slice.offset else {
                throw .badSlice(index: index)
            }
            guard slice.length <= Int.max - total else { throw .tooLong }
            starts.append(total)
            total += slice.length
        }
        self.slices = slices
        self.pieceLength = pieceLength
        self.totalLength = total
        self.starts = starts
        guard pieceCount <= PieceLayout.maximumPieceCount else { throw .tooManyPieces(pieceCount) }
    }

    package var pieceCount: Int { totalLength == 0 ? 0 : (totalLength - 1) / pieceLength + 1 }

    /// The length of a piece: `pieceLength`, but for the last, which may be short.
    package func length(ofPiece index: Int) -> Int {
        min(pieceLength, totalLength - index * pieceLength)
    }
}

/// What became of one piece.
package enum PieceOutcome: Hashable, Sendable {
    /// 20 bytes of SHA-1.
    case digest([UInt8])
    /// The bytes could not be read; one sentence for a person.
    case unreadable(String)
}
