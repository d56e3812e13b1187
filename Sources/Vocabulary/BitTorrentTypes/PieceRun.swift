/// Some bytes of one file, or zeros that are in none.
///
/// - Units: `offset` and `length` in bytes; the path as bytes, absolute or under the current folder.
package struct FileSlice: Hashable, Sendable {
    /// Empty for padding.
    package let path: [UInt8]
    package let offset: Int
    package let length: Int

    package init(path: [UInt8], offset: Int, length: Int) {
        self.path = path
        self.offset = offset
        self.length = length
    }

    /// Zeros that align the next file to a piece and are never on a disk (BEP 47).
    package static func padding(_ length: Int) -> FileSlice { FileSlice(path: [], offset: 0, length: length) }

    package var isPadding: Bool { path.isEmpty }
}

/// Why slices are no run of pieces.
package enum PieceRunError: Error, Hashable {
    case badPieceLength(Int)
    case badSlice(index: Int)
    case tooLong
    case tooManyPieces(Int)
    /// A tree is a power of two wide, and has a leaf for each 16 KiB of its piece.
    case badTreeWidth(Int)
    /// A tree is of one file, so its run has one slice, and after it at most padding.
    case treeOverFiles
}

extension PieceRunError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badPieceLength(let length): "a piece length of \(length) bytes is not possible"
        case .badSlice(let index): "slice \(index) has a negative or too large offset or length"
        case .tooLong: "the slices are longer than a file can be"
        case .tooManyPieces(let count): "\(count) pieces are more than \(PieceLayout.maximumPieceCount)"
        case .badTreeWidth(let width): "a tree of \(width) leaves does not fit the pieces"
        case .treeOverFiles: "a tree is of one file, and this run has several"
        }
    }
}

/// Consecutive pieces over one or many files, and which hashes of them are wanted.
///
///     slices  │ a.bin 0..<700 │ b.bin 300..<500 │ c.bin 0..<400 │
///     pieces  │ 0 (512)    │ 1 (512)      │ 2 (276, short)      │
///
/// - Units: bytes. Joined, the slices are cut every `pieceLength` bytes.
/// - Source: BEP 3 (pieces over files), BEP 52 (trees, one file each).
package struct PieceRun: Hashable, Sendable {
    package let slices: [FileSlice]
    package let pieceLength: Int
    package let hashes: PieceHashKind
    package let totalLength: Int
    /// Where each slice starts in the run.
    package let starts: [Int]

    /// Numbers from outside are checked here and trusted from then on.
    ///
    /// - Throws: ``PieceRunError``
    package init(
        slices: [FileSlice],
        pieceLength: Int,
        hashes: PieceHashKind = .sha1
    ) throws(PieceRunError) {
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
        if let width = hashes.treeWidth {
            guard slices.dropFirst().allSatisfy(\.isPadding), slices.first?.isPadding != true else {
                throw .treeOverFiles
            }
            let leaves =
                (min(pieceLength, slices.first?.length ?? 0) + PieceLayout.blockLength - 1) / PieceLayout.blockLength
            guard width >= max(1, leaves), width.nonzeroBitCount == 1, width <= PieceLayout.maximumPieceCount else {
                throw .badTreeWidth(width)
            }
        }
        self.slices = slices
        self.pieceLength = pieceLength
        self.hashes = hashes
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
