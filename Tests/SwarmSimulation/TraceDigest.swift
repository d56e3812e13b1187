import BitTorrentTypes
import NIOCore
import PeerWire

/// A fingerprint of everything that happened, in order: two runs with the same one were the same run.
///
/// Source: FNV-1a, 64 bits, over words instead of bytes.
struct TraceDigest: Hashable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ word: some BinaryInteger) {
        value = (value ^ UInt64(truncatingIfNeeded: word)) &* 0x100_0000_01B3
        value ^= value >> 29
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while index + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        while index < bytes.count {
            add(bytes[index])
            index += 1
        }
    }
}

extension TraceDigest {
    mutating func add(_ parcel: VirtualSwarm.Parcel) {
        switch parcel {
        case .bytes(let bytes):
            add(bytes.readableBytes)
            // All of what is not payload; of payload its beginning, which says whether it is right.
            bytes.withUnsafeReadableBytes { add(UnsafeRawBufferPointer(rebasing: $0.prefix(64))) }
        case .messages(let messages):
            for message in messages { add(message) }
        case .block(let header):
            add(header.piece)
            add(header.offset)
        case .payload(let isWrong):
            add(isWrong ? 1 : 0)
        }
    }

    private mutating func add(_ message: PeerMessage) {
        switch message {
        case .have(let piece): add(1 << 40 | UInt64(piece))
        case .request(let piece, let offset, let length): for word in [2, piece, offset, length] { add(word) }
        case .cancel(let piece, let offset, let length): for word in [3, piece, offset, length] { add(word) }
        case .bitfield(let bitfield): bitfield.bytes.withUnsafeBytes { add($0) }
        default:
            // The others are rare: their bytes say it all.
            var bytes = ByteBuffer()
            bytes.writePeerMessage(message)
            bytes.withUnsafeReadableBytes { add($0) }
        }
    }
}
