package import BitTorrentTypes
package import NIOCore

/// What both sides say first.
///
///     byte    0    1 ───────────────── 19   20 ── 27   28 ───── 47   48 ── 67
///             19   "BitTorrent protocol"    reserved   info-hash     peer id
///
/// - Units: 68 bytes.
/// - Source: BEP 3, "peer protocol"; the reserved bits by BEP 4, BEP 6 and BEP 10.
package struct Handshake: Hashable, Sendable {
    package static let byteCount = 68

    private static let greeting = [19] + Array("BitTorrent protocol".utf8)
    /// BEP 10: bit 20 from the right of the 64.
    private static let extensionBit: UInt64 = 0x10_00_00
    /// BEP 6: the third bit from the right.
    private static let fastBit: UInt64 = 0x04

    /// The eight reserved bytes as one big-endian number.
    package let reserved: UInt64
    package let infoHash: InfoHash
    package let peerID: PeerID

    /// Our own handshake: of the reserved bits those of BEP 6 and BEP 10 are set.
    package init(infoHash: InfoHash, peerID: PeerID) {
        self.init(infoHash: infoHash, peerID: peerID, reserved: Self.extensionBit | Self.fastBit)
    }

    package init(infoHash: InfoHash, peerID: PeerID, reserved: UInt64) {
        self.reserved = reserved
        self.infoHash = infoHash
        self.peerID = peerID
    }

    /// Whether the sender understands `extended` messages.
    package var supportsExtensions: Bool { reserved & Self.extensionBit != 0 }

    /// Whether the sender speaks the fast extension.
    package var supportsFast: Bool { reserved & Self.fastBit != 0 }

    /// Takes a handshake off the front of `buffer`; `nil` while bytes are missing, and then nothing is taken.
    ///
    /// The greeting is compared as it comes, so that a peer that speaks something else is found at its first byte.
    /// Throws ``PeerFault/notBitTorrent``.
    package static func read(from buffer: inout ByteBuffer) throws(PeerFault) -> Handshake? {
        let view = buffer.readableBytesView
        guard zip(view, greeting).allSatisfy({ $0 == $1 }) else { throw .notBitTorrent }
        guard view.count >= byteCount else { return nil }
        buffer.moveReaderIndex(forwardBy: greeting.count)
        guard let reserved = buffer.readInteger(as: UInt64.self),
            let hash = buffer.readBytes(length: InfoHash.byteCount).flatMap(InfoHash.init),
            let id = buffer.readBytes(length: PeerID.byteCount).flatMap(PeerID.init)
        else { return nil }
        return Handshake(infoHash: hash, peerID: id, reserved: reserved)
    }

    package func write(into buffer: inout ByteBuffer) {
        buffer.writeBytes(Self.greeting)
        buffer.writeInteger(reserved)
        buffer.writeBytes(infoHash.bytes)
        buffer.writeBytes(peerID.bytes)
    }
}
