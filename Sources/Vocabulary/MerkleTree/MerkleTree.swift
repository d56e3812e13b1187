import BitTorrentTypes
import Crypto

/// The hash trees of BEP 52, one over each file that has bytes.
///
///                      root                       `pieces root` of the file
///                 ┌─────┴─────┐
///              piece 0     piece 1                the piece layer: one hash for each piece
///             ┌───┴───┐   ┌───┴───┐
///          leaf 0  leaf 1 leaf 2  0               SHA-256 of each 16 KiB of the file, the last may be short
///
/// A node is the SHA-256 of its two children. What lies behind the end of the file counts as leaves of 32 zero bytes;
/// those are never made: a level with an odd node gets one more, the root of that many zero leaves.
///
/// - Units: hashes are rows of 32 bytes; widths count leaves.
/// - Source: BEP 52, "metainfo files" and "pieces root".
package enum MerkleTree {
    /// A SHA-256, in bytes.
    package static let hashLength = InfoHashV2.byteCount

    /// The bytes of a file under one leaf.
    package static let leafLength = PieceLayout.blockLength

    /// The root over `leaves`, a row of hashes, padded with zero leaves to `width`, a power of two.
    ///
    /// With the ``treeWidth(forLength:pieceLength:)`` of its file this is the root of a piece.
    package static func root(ofLeaves leaves: ArraySlice<UInt8>, width: Int) -> [UInt8] {
        root(of: leaves, level: 0, width: width)
    }

    /// The root of a file over its piece layer, which must not be empty; pieces that are not there count as all zeros.
    package static func root(ofPieceLayer layer: ArraySlice<UInt8>, pieceLength: Int) -> [UInt8] {
        let width = powerOfTwo(atLeast: layer.count / hashLength)
        return root(of: layer, level: leavesInPiece(ofLength: pieceLength).trailingZeroBitCount, width: width)
    }

    /// The piece layer of a file over all its leaves, none of no leaves.
    ///
    /// For a file no longer than a piece this is its root.
    package static func pieceLayer(ofLeaves leaves: ArraySlice<UInt8>, pieceLength: Int) -> [UInt8] {
        let full = leavesInPiece(ofLength: pieceLength)
        let count = leaves.count / hashLength
        guard count > 0 else { return [] }
        let width = count <= full ? powerOfTwo(atLeast: count) : full
        return stride(from: 0, to: count, by: full).reduce(into: []) { layer, first in
            let start = leaves.startIndex + first * hashLength
            let end = min(start + full * hashLength, leaves.endIndex)
            layer += root(ofLeaves: leaves[start..<end], width: width)
        }
    }

    private static func root(of hashes: ArraySlice<UInt8>, level: Int, width: Int) -> [UInt8] {
        var count = hashes.count / hashLength
        precondition(hashes.count == count * hashLength, "hashes have 32 bytes each")
        precondition(
            width.nonzeroBitCount == 1 && count <= width,
            "a tree is a power of two wide, and holds its hashes"
        )
        let height = width.trailingZeroBitCount
        guard count > 0 else { return zeroRoots[level + height] }
        // The row shrinks in place from level to level; behind it is always room for one more node.
        var nodes = Array(hashes) + zeroRoots[0]
        nodes.withUnsafeMutableBytes { nodes in
            for level in level..<level + height {
                if !count.isMultiple(of: 2) {
                    zeroRoots[level].withUnsafeBytes { nodes[(count * hashLength)...].copyBytes(from: $0) }
                    count += 1
                }
                count /= 2
                for index in 0..<count {
                    let pair = nodes[(2 * index * hashLength)..<(2 * (index + 1) * hashLength)]
                    SHA256.hash(bytes: UnsafeRawBufferPointer(rebasing: pair)).withUnsafeBytes {
                        nodes[(index * hashLength)...].copyBytes(from: $0)
                    }
                }
            }
        }
        return Array(nodes.prefix(hashLength))
    }

    /// The root of 2ⁿ zero leaves, at index n.
    ///
    /// Files of 64 bits have fewer than 2⁵⁰ leaves.
    private static let zeroRoots: [[UInt8]] = (0..<50).reduce(into: [[UInt8](repeating: 0, count: hashLength)]) {
        roots,
        level in
        let pair = roots[level] + roots[level]
        roots.append(pair.withUnsafeBytes { Array(SHA256.hash(bytes: $0)) })
    }
}

extension SHA256 {
    fileprivate static func hash(bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var function = SHA256()
        function.update(bufferPointer: bytes)
        return function.finalize()
    }
}
