package import BitTorrentTypes
package import PeerWire

/// What the owner of a ``TorrentEngine`` is to do.
///
/// Actions are done in their order. After ``close(_:_:)`` the key is dead: no action names it any more, and what is still
/// reported about it is ignored.
package enum TorrentAction: Hashable, Sendable {
    case send(PeerMessage, to: PeerKey)
    /// Send this range as a `piece` message, then report ``TorrentEngine/blockUploaded(_:to:at:into:)``.
    ///
    /// Ranges that follow each other in the file may be read and sent as one run. How many bytes are on their way at
    /// once is bounded by ``EngineSettings/uploadWindow``.
    case serve(BlockRange, to: PeerKey)
    /// This range is not to be sent: leave it out if it has not been read yet, and report
    /// ``TorrentEngine/serveCancelled(_:to:at:into:)``, for a peer with the fast extension is told so.
    ///
    /// When it is on its way already, go on and report it as uploaded; the engine is ready for both.
    case cancelServe(BlockRange, to: PeerKey)
    /// Every requested range that is not read yet is void: we choked the peer. Report nothing for those left out.
    case cancelAllServes(to: PeerKey)
    /// Do not write the rest of the block that this peer is sending: another peer's counts. Do not report it as received.
    case dropIncomingBlock(PeerKey)
    /// All bytes of the piece are in the file: hash them and report ``TorrentEngine/piecesChecked(_:at:into:)``.
    case verify(PieceIndex)
    /// Dial, exchange handshakes, then report ``TorrentEngine/peerConnected(_:at:into:)`` or
    /// ``TorrentEngine/dialFailed(_:_:at:)``.
    case connect(PeerAddress)
    case close(PeerKey, PeerFault)
    /// The piece is good: record it. `have` messages follow by themselves.
    case pieceVerified(PieceIndex)
    /// The piece was bad and is downloaded anew; told for the log and the counters.
    case pieceRefused(PieceIndex)
    /// Read the piece back and report a digest of each of its blocks with
    /// ``TorrentEngine/blocksDigested(_:_:at:into:)``: it will show who sent wrong ones.
    ///
    /// Asked only about pieces that are or were bad. When it cannot be read, or not before blocks of the piece are
    /// written again, report nothing.
    case digestBlocks(PieceIndex)
    /// This peer proved to send wrong data; told for the log. Its connections are closed by actions of their own.
    case banned(PeerAddress, PeerID)
    /// Every wanted piece is verified, but some are not wanted: nothing more is downloaded unless that changes.
    case finished
    /// The last missing piece was verified: the torrent is whole.
    case completed
}
