import BitTorrentTypes
import CHashKernels
import MerkleTree

/// Some bytes of one piece, in memory.
struct PiecePart {
    let bytes: UnsafeRawBufferPointer
    /// Of these, what is of the file; the rest is padding, which trees do not cover.
    let fileLength: Int
    let isStart: Bool
    let isEnd: Bool
    let hashes: PieceHashKind
    /// Carries the SHA-1 of a piece from part to part.
    let stream: UnsafeMutablePointer<chk_stream>

    var isWhole: Bool { isStart && isEnd }
}

/// What a part of a piece hashed to.
struct PartDigests {
    /// 20 bytes, at the end of a piece whose SHA-1 was asked for.
    var sha1: [UInt8]?
    /// The SHA-256 of each 16 KiB of the part, when a tree was asked for.
    var leaves: ArraySlice<UInt8> = []
}

/// The parts of many pieces that are hashed together, and what comes out; its memory is used again and again.
///
///     add, add, …   ──▶   hash   ──▶   next, next, …     in the same order
struct DigestBatch {
    private let digester: PieceDigester
    private var whole: [chk_message] = []
    private var slices: [chk_slice] = []
    private var ended: [UnsafeMutablePointer<chk_stream>?] = []
    private var leaves: [chk_message] = []
    private var wholeDigests = Digests(length: PieceHashes.sha1ByteCount)
    private var endedDigests = Digests(length: PieceHashes.sha1ByteCount)
    private var leafDigests = Digests(length: PieceHashes.merkleRootByteCount)

    init(_ digester: PieceDigester) {
        self.digester = digester
    }

    mutating func add(_ part: PiecePart) {
        if part.hashes.wantsSHA1 {
            if part.isWhole {
                whole.append(chk_message(bytes: part.bytes.baseAddress, length: part.bytes.count))
            } else {
                if part.isStart { chk_start(.sha1, part.stream) }
                slices.append(
                    chk_slice(stream: part.stream, bytes: part.bytes.baseAddress, length: part.bytes.count)
                )
                if part.isEnd { ended.append(part.stream) }
            }
        }
        guard part.hashes.treeWidth != nil else { return }
        for start in stride(from: 0, to: part.fileLength, by: MerkleTree.leafLength) {
            let length = min(MerkleTree.leafLength, part.fileLength - start)
            leaves.append(chk_message(bytes: part.bytes.baseAddress?.advanced(by: start), length: length))
        }
    }

    /// Hashes all parts that were added since the last time.
    mutating func hash() {
        digester.hash(.sha1, whole, into: &wholeDigests.bytes)
        digester.update(.sha1, slices)
        digester.finish(.sha1, ended, into: &endedDigests.bytes)
        digester.hash(.sha256, leaves, into: &leafDigests.bytes)
        whole.removeAll(keepingCapacity: true)
        slices.removeAll(keepingCapacity: true)
        ended.removeAll(keepingCapacity: true)
        leaves.removeAll(keepingCapacity: true)
        wholeDigests.next = 0
        endedDigests.next = 0
        leafDigests.next = 0
    }

    /// The digests of the first part of the batch that they were not yet asked for.
    mutating func next(_ part: PiecePart) -> PartDigests {
        var digests = PartDigests()
        if part.hashes.wantsSHA1, part.isEnd {
            digests.sha1 = Array(part.isWhole ? wholeDigests.take(1) : endedDigests.take(1))
        }
        if part.hashes.treeWidth != nil {
            digests.leaves = leafDigests.take(MerkleTree.leafCount(ofLength: part.fileLength))
        }
        return digests
    }

    /// Digests in a row, taken from the front.
    private struct Digests {
        let length: Int
        var bytes: [UInt8] = []
        var next = 0

        init(length: Int) {
            self.length = length
        }

        mutating func take(_ count: Int) -> ArraySlice<UInt8> {
            defer { next += count * length }
            return bytes[next..<next + count * length]
        }
    }
}
