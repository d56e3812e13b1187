import BitTorrentTypes
import PeerWire

/// All that the engine knows of one connection.
struct Peer: Sendable {
    let key: PeerKey
    let arrival: PeerArrival
    /// Its number in the blame ledger, once it delivered a block.
    var contributor: Contributor?
    let connectedAt: EngineTime

    var state: PeerConnectionState
    var has: Bitfield
    /// It came with a full bitfield, which the rarity of pieces leaves out.
    var cameComplete = false
    /// How many pieces it has that we want and have not verified.
    var interesting = 0
    var handshake: ExtensionHandshake?
    /// Where it listens, when we know.
    var listenAddress: PeerAddress?

    // Down.
    var requests = RequestQueue()
    /// How many blocks to keep asked.
    var pipeline: Int
    /// From a request to a peer that owed us nothing to its answer, in seconds.
    var roundTrip: Double?
    /// Since when blocks are asked without a pause.
    var busySince: EngineTime
    var down: RateMeter
    /// When it last delivered a block, or began to owe us one.
    var deliveredAt: EngineTime
    var isSnubbed = false
    /// A piece with a block of it was good, over this connection.
    var isProven = false
    /// The unverified pieces it works on, while it is not proven.
    var probation: [PieceIndex] = []
    /// How often it choked us since it last delivered.
    var chokeFlaps = 0
    /// Blocks nobody asked for since it last delivered.
    var unsolicitedBlocks = 0
    /// What it lets us have while it chokes us, and what it recommends.
    var fastOffers: [PieceIndex] = []
    var suggestions: [PieceIndex] = []
    var rejects = RejectCount()
    /// Payload from it that was thrown away, and bytes of the bad pieces that it had a part in.
    var wasted = 0
    var hashFailed = 0

    // Up.
    var uploads = UploadQueue()
    var up: RateMeter
    /// When the socket last took a range, or was given the first.
    var uploadedAt: EngineTime
    /// When we last choked it.
    var chokedAt: EngineTime?
    /// When we last unchoked it.
    var unchokedAt: EngineTime
    /// What it had got when we last unchoked it, in bytes.
    var upTotalAtUnchoke = 0
    /// While we super-seed, the pieces that we told it of; `nil` when it knows all.
    var revealed: RevealedPieces?
    var ignoredRequests = 0
    /// What we let it have while we choke it.
    var fastGrant = FastGrant()
    /// What it is to fetch of us first, when we are complete.
    var errands = Errands()
    /// Why it is banned.
    var proof: BanEvidence?
    /// Late bitfields that said nothing new.
    var repeatedBitfields = 0
    /// `have` messages that said nothing new; a lazy bitfield may be followed by one for each piece.
    var repeatedHaves = 0
    var overflowedRequests = 0

    var heardAt: EngineTime
    var spokenAt: EngineTime

    init(
        key: PeerKey,
        arrival: PeerArrival,
        contributor: Contributor?,
        layout: PieceLayout,
        pipeline: Int,
        at now: EngineTime
    ) {
        self.key = key
        self.arrival = arrival
        self.contributor = contributor
        connectedAt = now
        state = PeerConnectionState(layout: layout, isFast: arrival.supportsFast)
        has = Bitfield(pieceCount: layout.pieceCount)
        self.pipeline = pipeline
        busySince = now
        down = RateMeter(at: now)
        deliveredAt = now
        up = RateMeter(at: now)
        uploadedAt = now
        unchokedAt = now
        heardAt = now
        spokenAt = now
        if case .outgoing(let address) = arrival.direction { listenAddress = address }
    }

    /// The shortest counts, for the others include waits; it fades, in case the way has become longer.
    mutating func measure(roundTrip sample: Double) {
        roundTrip = min(sample, (roundTrip ?? .infinity) * 1.25)
    }

    var identity: BlameLedger.Identity { BlameLedger.Identity(ip: arrival.address.ip, peerID: arrival.peerID) }
    var isFast: Bool { state.isFast }
    var isIncoming: Bool { arrival.direction == .incoming }
    var isUploadOnly: Bool { has.isComplete || handshake?.isUploadOnly == true }

    /// Whether it has not been asked for blocks long enough to know its rate.
    func isStarting(at now: EngineTime) -> Bool { now.seconds - busySince.seconds <= RequestQueue.startSeconds }

    func status(at now: EngineTime) -> PeerStatus {
        PeerStatus(
            key: key,
            address: arrival.address,
            peerID: arrival.peerID,
            client: handshake?.client,
            isIncoming: isIncoming,
            amChoking: state.amChoking,
            amInterested: state.amInterested,
            peerChoking: state.peerChoking,
            peerInterested: state.peerInterested,
            isSnubbed: isSnubbed,
            downRate: down.rate(at: now),
            upRate: up.rate(at: now),
            downloaded: down.total,
            uploaded: up.total,
            progress: Double(has.count) / Double(has.pieceCount),
            wasted: wasted,
            hashFailed: hashFailed,
            isUploadOnly: isUploadOnly,
            connectedAt: connectedAt,
            requests: requests.liveCount,
            queuedRequests: uploads.count
        )
    }
}
