package import BitTorrentTypes
package import TrackerWire

/// One announce as the engine takes it: a door has read it and says who sent it; nothing in it is on the heap.
///
/// - Units: `uploaded`, `downloaded` and `left` in bytes.
package struct PeerAnnounce: Hashable, Sendable {
    package var infoHash: InfoHash
    package var peerID: PeerID
    package var address: PeerAddress
    package var uploaded: Int
    package var downloaded: Int
    package var left: Int
    package var event: AnnounceEvent
    /// How many peers the answer may have.
    package var peersWanted: Int
    /// See ``key(of:)``.
    package var key: UInt32
    /// Whether the torrent is tracked even when nobody listed it.
    package var isAllowed: Bool

    package init(
        infoHash: InfoHash,
        peerID: PeerID,
        address: PeerAddress,
        uploaded: Int,
        downloaded: Int,
        left: Int,
        event: AnnounceEvent,
        peersWanted: Int,
        key: UInt32,
        isAllowed: Bool = false
    ) {
        self.infoHash = infoHash
        self.peerID = peerID
        self.address = address
        self.uploaded = uploaded
        self.downloaded = downloaded
        self.left = left
        self.event = event
        self.peersWanted = peersWanted
        self.key = key
        self.isAllowed = isAllowed
    }

    /// What an announce means when it comes from `ip`; what the client claims to be its address is not believed here.
    @inlinable
    package init(_ content: some AnnounceContent, key: UInt32, from ip: IPAddress) {
        self.init(
            infoHash: content.infoHash,
            peerID: content.peerID,
            address: PeerAddress(ip: ip, port: content.port),
            uploaded: content.uploaded,
            downloaded: content.downloaded,
            left: content.left,
            event: content.event,
            peersWanted: content.peersWanted,
            key: key
        )
    }

    package init(_ request: AnnounceRequest, from ip: IPAddress) {
        let key = request.key.map { key in key.withUnsafeBytes { Self.key(of: $0) } }
        self.init(request, key: key ?? 0, from: ip)
    }

    package var isSeeder: Bool { left == 0 }

    /// A client's key in four bytes; 0 stands for no key.
    ///
    /// Eight hexadecimal digits are the number that the same client sends over UDP, anything else is hashed (FNV-1a).
    package static func key(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        if bytes.count == 8 {
            var number: UInt32 = 0
            var isHexadecimal = true
            for byte in bytes {
                guard let digit = Self.digit(byte) else {
                    isHexadecimal = false
                    break
                }
                number = number << 4 | digit
            }
            if isHexadecimal { return number }
        }
        return bytes.isEmpty ? 0 : bytes.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}
