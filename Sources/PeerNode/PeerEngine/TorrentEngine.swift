package import BitTorrentTypes
import PeerWire

/// One torrent as a pure state machine: what happened comes in with the time, what is to be done goes out as actions.
///
///     peerConnected, received, blockStarts, blockReceived,        ┌────────┐
///     blockUploaded, piecesChecked, peerGone, dialFailed,   ────▶ │ engine │ ────▶  [TorrentAction]
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
///     digest came              → piecesChecked(…)   .pieceVerified and `have`, or blame
///
/// Call `tick` every half second or so; any spacing is right, a longer one only makes time-outs coarser.
package struct TorrentEngine: Sendable {
    package let layout: PieceLayout
    package var settings: EngineSettings
    package internal(set) var verified: Bitfield
    /// The pieces that are wanted and not verified.
    package internal(set) var missing: Bitfield
    package internal(set) var counters = TransferCounters()
    package internal(set) var isPaused = false

    let ownID: PeerID
    var random: EngineRandom
    var peers = PeerTable()
    var picker: PiecePicker
    var choker = Choker()
    var ledger = BlameLedger()
    var book: AddressBook
    var ownAddresses = OwnAddresses()
    /// When useless peers may make way for others again.
    var turnoverAt = EngineTime.zero
    /// How often each piece was revealed, while we super-seed.
    var revealCounts: [UInt16]?
    /// Which pieces nobody but seeders has.
    var pieceRound: PieceRound
    var evidence = Evidence()
    /// The pieces that are needed by a certain time, the most urgent first.
    var deadlines: [PieceDeadline] = []
    package internal(set) var departureLog: DepartureLog
    /// The owner's limit for what comes in, and what of it each peer may be asked for, in blocks.
    var requestLimit = RateLimit.unlimited
    var pipelineShare = Int.max
    /// When the owner last held back reads.
    var heldAt: EngineTime?
    /// Reused, so that a refill allocates nothing.
    var picked: [BlockRange] = []

    /// An engine for a torrent of which `verified` is on disk and good; nothing happens before the first call.
    ///
    /// Without `priorities`, every piece is wanted alike. `departureLog` is what an earlier engine of the torrent left.
    package init(
        layout: PieceLayout,
        verified: Bitfield,
        priorities: [PiecePriority]? = nil,
        ownID: PeerID,
        settings: EngineSettings,
        seed: UInt64,
        departureLog: DepartureLog = DepartureLog()
    ) {
        precondition(verified.pieceCount == layout.pieceCount, "the bitfield is of this torrent")
        self.layout = layout
        self.settings = settings
        self.verified = verified
        self.ownID = ownID
        self.departureLog = departureLog
        random = EngineRandom(seed: seed)
        picker = PiecePicker(layout: layout, verified: verified, using: &random)
        pieceRound = PieceRound(pieceCount: layout.pieceCount, using: &random)
        book = AddressBook(capacity: settings.maximumAddresses)
        missing = Bitfield(pieceCount: layout.pieceCount)
        if let priorities { _ = picker.setPriorities(priorities, verified: verified) }
        countMissing()
    }

    /// Whether every piece is verified.
    package var isComplete: Bool { verified.isComplete }

    /// Whether every wanted piece is verified: we download nothing more.
    package var isFinished: Bool { missing.isEmpty }

    /// In which order new pieces are begun.
    package var order: PieceOrder {
        get { picker.order }
        set { picker.order = newValue }
    }

    package var connectionCount: Int { peers.count }

    /// Connected peers that have every piece.
    package var seedCount: Int { peers.indices.reduce(0) { $0 + (peers[$1].has.isComplete ? 1 : 0) } }

    /// Addresses in mind, connected or not.
    package var knownAddressCount: Int { book.count }

    /// Bytes a second, of all peers.
    package func downRate(at now: EngineTime) -> Double {
        peers.indices.reduce(0) { $0 + peers[$1].down.rate(at: now) }
    }

    /// Bytes a second, to all peers.
    package func upRate(at now: EngineTime) -> Double {
        peers.indices.reduce(0) { $0 + peers[$1].up.rate(at: now) }
    }

    package func peers(at now: EngineTime) -> [PeerStatus] {
        peers.indices.map { place in
            let peer = peers[place]
            var status = peer.status(at: now)
            status.isOptimistic = !peer.state.amChoking && choker.isOptimistic(peer.key)
            if case .outgoing(let address) = peer.arrival.direction { status.source = book.source(of: address) }
            return status
        }
    }

    mutating func send(_ message: PeerMessage, to place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        peers[place].spokenAt = now
        actions.append(.send(message, to: peers[place].key))
    }
}
