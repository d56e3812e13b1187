package import BitTorrentTypes
package import PeerWire

/// One torrent as a pure state machine: what happened comes in with the time, what is to be done goes out as actions.
///
///     peerConnected, received, blockStarts, blockReceived,        ┌────────┐
///     blockUploaded, pieceChecked, peerGone, dialFailed,    ────▶ │ engine │ ────▶  [TorrentAction]
///     learn, pause, resume, tick                                  └────────┘
///
/// It owns every decision: whom to dial and to close, which block to ask of whom, whom to unchoke, who is to blame.
/// It does no I/O and has no clock; with the same seed and the same calls it does the same. Actions are appended to an
/// array that the caller keeps and empties, so that a block costs no allocation.
///
/// The way of a block, all on the torrent's event loop:
///
///     decoder .block(header)   → blockStarts(…)     nil: skip its payload; a range: write the payload there
///     decoder .payload(…)      → collected, written with one pwritev at the end of the read
///     last byte written        → blockReceived(…)   requests more; a full piece gives .verify
///     digest came              → pieceChecked(…)    .pieceVerified and `have`, or blame
///
/// Call `tick` every half second or so; any spacing is right, a longer one only makes time-outs coarser.
package struct TorrentEngine: Sendable {
    package let layout: PieceLayout
    package let settings: EngineSettings
    package private(set) var verified: Bitfield
    package private(set) var counters = TransferCounters()
    package private(set) var isPaused = false

    /// An engine for a torrent of which `verified` is on disk and good; nothing happens before the first call.
    package init(layout: PieceLayout, verified: Bitfield, ownID: PeerID, settings: EngineSettings, seed: UInt64) {
        self.layout = layout
        self.settings = settings
        self.verified = verified
    }

    package var isComplete: Bool { verified.isComplete }

    // MARK: - Connections

    /// A connection is up and both handshakes are done.
    ///
    /// Throws the ``PeerFault`` for which it must be closed at once. Otherwise our bitfield and extension handshake are
    /// among the actions.
    package mutating func peerConnected(
        _ arrival: PeerArrival,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) throws(PeerFault) -> PeerKey {
        throw .tooManyConnections
    }

    /// A dial that an action asked for came to nothing: no connection, or no good handshake.
    package mutating func dialFailed(_ address: PeerAddress, _ fault: PeerFault, at now: EngineTime) {}

    /// The connection is closed: by the peer, by the network, or by its owner for a fault that the decoder found.
    package mutating func peerGone(
        _ key: PeerKey,
        _ fault: PeerFault,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {}

    /// Somebody told us where peers listen.
    package mutating func learn(
        _ addresses: some Sequence<PeerAddress>,
        from source: AddressSource,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {}

    // MARK: - What a connection brought

    package mutating func received(
        _ message: PeerMessage,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {}

    /// A `piece` message begins; returns where its payload is to be written, or `nil` to skip it.
    package mutating func blockStarts(
        _ header: BlockHeader,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) -> BlockRange? { nil }

    /// A block that ``blockStarts(_:from:at:into:)`` took is wholly in the file.
    package mutating func blockReceived(
        _ block: BlockRange,
        from key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {}

    /// A range that a `serve` action named has been handed to the socket and left our memory.
    package mutating func blockUploaded(
        _ block: BlockRange,
        to key: PeerKey,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {}

    /// The verdict on a piece that a `verify` action named.
    package mutating func pieceChecked(
        _ piece: PieceIndex,
        isGood: Bool,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {}

    // MARK: - Time and will

    package mutating func tick(at now: EngineTime, into actions: inout [TorrentAction]) {}

    /// Closes every connection and dials nobody until ``resume(at:into:)``; verdicts on pieces are still taken.
    package mutating func pause(at now: EngineTime, into actions: inout [TorrentAction]) {}

    package mutating func resume(at now: EngineTime, into actions: inout [TorrentAction]) {}

    // MARK: - State

    package var connectionCount: Int { 0 }

    /// Connected peers that have every piece.
    package var seedCount: Int { 0 }

    /// Bytes a second, of all peers.
    package func downRate(at now: EngineTime) -> Double { 0 }

    /// Bytes a second, to all peers.
    package func upRate(at now: EngineTime) -> Double { 0 }

    package func peers(at now: EngineTime) -> [PeerStatus] { [] }
}
