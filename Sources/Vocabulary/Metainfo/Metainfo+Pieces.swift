package import BitTorrentTypes
import MerkleTree

/// What the pieces must hash to, and where they lie.
extension Metainfo {
    /// The SHA-1 of `piece`, 20 bytes, padding included; only a torrent with a version 1 has any.
    package func hash(of piece: PieceIndex) -> ArraySlice<UInt8> {
        guard let piecesOffset else { preconditionFailure("a torrent of version 2 alone has no SHA-1 of its pieces") }
        let start = infoRange.lowerBound + piecesOffset + piece.rawValue * InfoHash.byteCount
        return bytes[start..<start + InfoHash.byteCount]
    }

    /// The root of the tree over `piece`, 32 bytes; `nil` in version 1.
    package func merkleRoot(of piece: PieceIndex) -> ArraySlice<UInt8>? {
        guard version.hasV2 else { return nil }
        let start = piece.rawValue * MerkleTree.hashLength
        return merkleRoots[start..<start + MerkleTree.hashLength]
    }

    /// How many leaves the tree over `piece` has, the same for all pieces of a file; `nil` in version 1.
    package func treeWidth(of piece: PieceIndex) -> Int? {
        guard version.hasV2 else { return nil }
        let file = files[firstFile(endingAfter: layout.start(of: piece))]
        return MerkleTree.treeWidth(forLength: file.length, pieceLength: layout.pieceLength)
    }

    /// Which hashes of `piece` the torrent tells.
    package func hashKind(of piece: PieceIndex) -> PieceHashKind {
        guard let width = treeWidth(of: piece) else { return .sha1 }
        return version.hasV1 ? .both(treeWidth: width) : .merkleRoot(treeWidth: width)
    }

    /// All that the torrent tells of `piece`: what hashing it with ``hashKind(of:)`` must bring.
    package func hashes(of piece: PieceIndex) -> PieceHashes {
        PieceHashes(
            sha1: version.hasV1 ? Array(hash(of: piece)) : nil,
            merkleRoot: merkleRoot(of: piece).map { Array($0) }
        )
    }

    /// Where a range of the torrent's bytes lies; empty files have no part in it.
    package func spans(of range: Range<Int>) -> [FileSpan] {
        precondition(range.lowerBound >= 0 && range.upperBound <= layout.totalLength, "a span is inside its torrent")
        var spans: [FileSpan] = []
        var position = range.lowerBound
        var index = firstFile(endingAfter: position)
        while position < range.upperBound {
            let file = files[index]
            let offset = position - file.offset
            let length = min(file.length - offset, range.upperBound - position)
            if length > 0 { spans.append(FileSpan(fileIndex: index, offset: offset, length: length)) }
            position += length
            index += 1
        }
        return spans
    }

    private func firstFile(endingAfter position: Int) -> Int {
        var candidates = files.indices
        while candidates.count > 1 {
            let middle = candidates.lowerBound + (candidates.count - 1) / 2
            let ends = files[middle].offset + files[middle].length
            candidates = ends > position ? candidates.lowerBound..<middle + 1 : middle + 1..<candidates.upperBound
        }
        return candidates.lowerBound
    }
}
