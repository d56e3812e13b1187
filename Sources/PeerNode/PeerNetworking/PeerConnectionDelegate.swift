package import BitTorrentTypes
package import NIOCore
package import PeerWire

/// The torrent that a connection belongs to; called on the event loop of both, in the order of the wire.
package protocol PeerConnectionDelegate: AnyObject, Sendable {
    /// Where all of its connections live.
    var eventLoop: any EventLoop { get }
    /// Whether a connection that comes in is welcome.
    var takesConnections: Bool { get }
    var limits: PeerWireLimits { get }
    var layout: PieceLayout { get }
    /// What we say first to a peer of this torrent.
    var handshake: Handshake { get }

    /// The handshake of the other side is here. Ours is on its way; the delegate sends what comes next.
    func connected(_ connection: PeerConnection, handshake: Handshake)

    func received(_ message: PeerMessage, from connection: PeerConnection)

    /// A block or run of blocks begins; returns where in the torrent it is, or `nil` to skip its payload.
    func blockStarts(_ header: BlockHeader, from connection: PeerConnection) -> BlockRange?

    /// Writes whole blocks that follow one another in the torrent; the buffers are valid during the call only.
    func write(_ blocks: [UnsafeRawBufferPointer], at offset: Int)

    /// Blocks that one read brought are wholly in the file; a range may be several in a row.
    func received(_ blocks: [BlockRange], from connection: PeerConnection)

    /// Where the bytes `range` of the torrent lie, if the kernel can send them from there without waiting for a disk.
    func cachedPlace(of range: Range<Int>) -> PayloadPlace?

    /// Fills the payload of `run`, if that takes no waiting for a disk.
    func readCached(_ run: inout OutgoingRun) -> CachedRead

    /// Fills the payload of `run` away from the event loop; `nil` when the disk failed.
    func read(_ run: OutgoingRun) -> EventLoopFuture<OutgoingRun?>

    /// Everything that one read brought was delivered and written: time to act on it.
    func readCompleted(_ connection: PeerConnection)

    /// Blocks were taken by the socket and left our memory.
    func sent(_ blocks: [BlockRange], to connection: PeerConnection)

    /// The connection is gone; called once, and also when it never came to a handshake.
    func closed(_ connection: PeerConnection, because fault: PeerFault)

    /// How many bytes of blocks may be sent now; 0 when the connection is to wait until its uploads are served again.
    func uploadAllowance(of connection: PeerConnection) -> Int
    /// Blocks of so many bytes are being sent.
    func uploads(_ bytes: Int)
    /// So many bytes came in; the delegate may stop reads with ``PeerConnection/reads(_:)``.
    func hasRead(_ bytes: Int)
}

/// Without rate limits, and without files that the kernel could send from.
extension PeerConnectionDelegate {
    package func uploadAllowance(of connection: PeerConnection) -> Int { .max }
    package func uploads(_ bytes: Int) {}
    package func hasRead(_ bytes: Int) {}
    package func cachedPlace(of range: Range<Int>) -> PayloadPlace? { nil }
}

/// What came of a read that does not wait.
package enum CachedRead: Hashable, Sendable {
    case done
    /// Some of it is on the disk only.
    case cold
    /// The disk failed, and the torrent knows.
    case failed
}

/// Bytes of an open file, from `offset` on.
package struct PayloadPlace {
    let descriptor: CInt
    let offset: Int
    /// Keeps the descriptor open.
    let owner: any Sendable

    package init(descriptor: CInt, offset: Int, owner: any Sendable) {
        self.descriptor = descriptor
        self.offset = offset
        self.owner = owner
    }
}

/// Knows the torrents that are shared here, for connections that come in; asked on any event loop.
package protocol PeerAcceptor: AnyObject, Sendable {
    /// The torrent of `infoHash`; throws why the peer is not let in.
    func delegate(for infoHash: InfoHash) throws(PeerFault) -> any PeerConnectionDelegate
}
