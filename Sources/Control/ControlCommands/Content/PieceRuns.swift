import BitTorrentTypes
import MerkleTree
import Metainfo

/// How the files of a torrent become runs of pieces.
///
/// The files come as whole slices in the torrent's order, with its padding between them.
enum PieceRuns {
    /// The runs whose pieces, one after another, are those of a torrent of `version`.
    static func of(
        _ files: [FileSlice],
        pieceLength: Int,
        version: MetainfoVersion
    ) throws(PieceRunError) -> [PieceRun] {
        switch version {
        case .v1: [try PieceRun(slices: files.filter { $0.length > 0 }, pieceLength: pieceLength)]
        case .hybrid: try aligned(files, pieceLength: pieceLength, withSHA1: true)
        case .v2: try aligned(files.filter { !$0.isPadding }, pieceLength: pieceLength, withSHA1: false)
        }
    }

    /// A run for each file that has bytes, with the padding behind it.
    private static func aligned(
        _ files: [FileSlice],
        pieceLength: Int,
        withSHA1: Bool
    ) throws(PieceRunError) -> [PieceRun] {
        var runs: [PieceRun] = []
        runs.reserveCapacity(files.count)
        var index = files.startIndex
        while index < files.endIndex {
            let file = files[index]
            let padding = files[(index + 1)...].prefix { $0.isPadding }
            index = padding.endIndex
            guard file.length > 0 else { continue }
            let width = MerkleTree.treeWidth(forLength: file.length, pieceLength: pieceLength)
            runs.append(
                try PieceRun(
                    slices: [file] + padding,
                    pieceLength: pieceLength,
                    hashes: withSHA1 ? .both(treeWidth: width) : .merkleRoot(treeWidth: width)
                )
            )
        }
        return runs
    }
}
