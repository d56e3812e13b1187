import BitTorrentTypes
import BusTransport
import Metainfo

/// The names of an upload's files: what the torrent is called and where each file lies in it.
///
///     a.txt                      →  a.txt
///     tree/b.txt, tree/c/d.txt   →  tree: b.txt, c/d.txt
///     a.txt, b.txt               →  the given name: a.txt, b.txt
enum UploadNames {
    /// Of a .torrent file, in bytes, so that a message can carry it and what goes with it.
    static let torrentLimit = BusLimits.messageBytes - 64 * 1024

    /// Of all files together, in bytes; a sparse file may claim more than any disk has.
    static let payloadLimit = 1 << 44

    struct Arrangement {
        let name: [UInt8]
        /// In the order of the upload, under the torrent's folder.
        let paths: [[[UInt8]]]
        let isSingleFile: Bool
    }

    /// The components of a file name as sent; the same rules as for a torrent of others refuse bad ones.
    static func components(of fileName: [UInt8]) throws(UploadError) -> [[UInt8]] {
        let path = fileName.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        if let fault = PathRules.fault(inPath: path) {
            throw .refused(.path(fault, path: PrintableText.escape(fileName.prefix(300))))
        }
        return path
    }

    /// Arranges the files, and checks the names against each other.
    static func arrange(
        _ paths: [[[UInt8]]],
        lengths: [Int],
        givenName: [UInt8]?
    ) throws(UploadError) -> Arrangement {
        guard let first = paths.first else { throw .noFile }
        let arrangement: Arrangement
        if paths.count == 1, first.count == 1 {
            arrangement = Arrangement(name: first[0], paths: paths, isSingleFile: true)
        } else if paths.allSatisfy({ $0.count > 1 && $0[0] == first[0] }) {
            arrangement = Arrangement(name: first[0], paths: paths.map { Array($0.dropFirst()) }, isSingleFile: false)
        } else {
            let name = givenName ?? first[0] + Array(" and \(paths.count - 1) more".utf8)
            arrangement = Arrangement(name: name, paths: paths, isSingleFile: false)
        }
        try check(arrangement, lengths: lengths)
        return arrangement
    }

    /// Builds a torrent with empty hashes, only to hear what is wrong with its names.
    static func check(_ arrangement: Arrangement, lengths: [Int]) throws(UploadError) {
        var total = 0
        for length in lengths {
            guard length <= payloadLimit - total else { throw .tooLarge(limit: payloadLimit) }
            total += length
        }
        guard total > 0 else { throw .empty }
        let pieceLength = MetainfoBuilder.automaticPieceLength(totalLength: total)
        let builder = MetainfoBuilder(
            name: arrangement.name,
            files: zip(arrangement.paths, lengths).map { (path: $0, length: $1) },
            isSingleFile: arrangement.isSingleFile,
            pieceLength: pieceLength,
            pieceHashes: Array(repeating: 0, count: ((total - 1) / pieceLength + 1) * 20)
        )
        let length: Int
        do { length = try builder.build().bytes.count } catch { throw .refused(error) }
        guard length <= torrentLimit else { throw .tooManyNames(limit: torrentLimit) }
    }
}
