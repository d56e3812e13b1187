import Crypto
import MerkleTree
import Metainfo

/// Files in memory, hashed for a torrent of any version.
struct HashedTree {
    let name: String
    let files: [(path: [[UInt8]], content: [UInt8])]
    var isSingleFile = false

    func builder(_ version: MetainfoVersion, pieceLength: Int) -> MetainfoBuilder {
        MetainfoBuilder(
            version: version,
            name: name.bytes,
            files: files.map { ($0.path, $0.content.count) },
            isSingleFile: isSingleFile,
            pieceLength: pieceLength,
            pieceHashes: version.hasV1 ? pieceHashes(pieceLength, padded: version.hasV2) : [],
            pieceLayers: version.hasV2 ? files.map { Self.layer(over: $0.content, pieceLength) } : []
        )
    }

    private func pieceHashes(_ pieceLength: Int, padded: Bool) -> [UInt8] {
        let bytes = files.reduce(into: [UInt8]()) { bytes, file in
            bytes += file.content
            guard padded else { return }
            let padding = FileAlignment.paddingInHybrid(
                after: file.content.count,
                pieceLength: pieceLength,
                fileCount: files.count
            )
            bytes += [UInt8](repeating: 0, count: padding)
        }
        return Self.chunks(of: bytes, pieceLength).reduce(into: []) { $0 += Insecure.SHA1.hash(data: $1) }
    }

    private static func layer(over content: [UInt8], _ pieceLength: Int) -> [UInt8] {
        let leaves = chunks(of: content, MerkleTree.leafLength).reduce(into: []) { $0 += SHA256.hash(data: $1) }
        return MerkleTree.pieceLayer(ofLeaves: leaves[...], pieceLength: pieceLength)
    }

    private static func chunks(of bytes: [UInt8], _ length: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: length).map { bytes[$0..<min($0 + length, bytes.count)] }
    }
}
