import PeerWire

/// How many peers of a torrent we believe to be behind one IP address.
package enum AddressSharing: Hashable, Sendable {
    /// One: a second that comes from there is refused.
    case onePeer
    /// As many as ``EngineSettings/maximumPerAddress``: a household, or a machine with many nodes.
    case severalPeers
}

/// The numbers that a ``TorrentEngine`` works by.
package struct EngineSettings: Hashable, Sendable {
    /// Connections of one torrent, both directions.
    package var maximumConnections = 200
    /// Whether several peers may share an IP address; on this machine they always may.
    package var addressSharing = AddressSharing.onePeer
    /// Connections from one IP address, where several peers may share it.
    package var maximumPerAddress = 64
    /// Below this many connections we dial.
    package var wantedConnections = 60
    /// A peer that gave nothing for this long, while we want something, may have to make way.
    package var uselessAfter = Duration.seconds(120)
    /// How often some of the useless peers make way for others, when there are as many connections as are wanted.
    package var turnoverInterval = Duration.seconds(60)
    /// Dials under way at once.
    package var maximumDials = 16
    /// Addresses kept in mind.
    package var maximumAddresses = 2_000

    /// Told to peers in the extension handshake, when we listen.
    package var listenPort: UInt16?

    /// Peers unchoked for what they give (or take, when we seed).
    package var uploadSlots = 8
    /// Who gets those slots when we seed.
    package var seedChoking = SeedChoking.fastestUpload
    /// With ``SeedChoking/roundRobin``, the bytes after which the next peer has its turn.
    package var turnLength = 16 * 1024 * 1024
    /// Peers unchoked beside those, by lot.
    package var optimisticSlots = 1
    package var rechokeInterval = Duration.seconds(10)
    package var optimisticInterval = Duration.seconds(30)
    /// The slot of a peer that asks for nothing for this long is free for another.
    package var slotPatience = Duration.seconds(2)
    /// For this long a peer counts as new, and is drawn more often.
    package var newcomerTime = Duration.seconds(60)
    /// While we super-seed, a peer that has the piece it was shown is shown the next after this long in any case.
    package var superSeedingPatience = Duration.seconds(120)
    /// Bytes handed out as `serve` actions and not yet reported as uploaded, for each peer.
    package var uploadWindow = 1024 * 1024
    /// Requests of one peer that we keep; told to it as `reqq`.
    package var uploadQueueLength = 2_000
    /// Requests that we may not answer, after which a peer is closed.
    package var ignoredRequestLimit = 300
    /// Bitfields without news, after which a peer is closed.
    package var repeatedBitfieldLimit = 16
    /// `have` messages without news, beyond one for each piece, after which a peer is closed.
    package var repeatedHaveLimit = 50_000
    /// Requests that were on their way when we choked do not count as such for this long.
    package var chokeGrace = Duration.seconds(5)
    /// Blocks in a row that nobody asked for, after which a peer is closed: room for some cancels that came too late.
    package var unsolicitedLimit = 5_000
    /// Pieces that a beginner may have while we choke it.
    package var allowedFastCount = AllowedFastSet.usualCount
    /// How many suggestions, and how many pieces allowed to us, are kept in mind for each peer.
    package var rememberedHints = 32
    /// Rejects without good reason and without a block in between, after which a peer is closed.
    package var rejectLimit = 50
    /// A peer that choked us so often without a block in between is asked at ticks only.
    package var chokeFlapLimit = 10

    /// The longest run of blocks that we ask for in one message, of a peer that answers such; told to it as `max_block`.
    package var longestRun = PeerWireLimits.maximumRunLength
    /// A run is no longer than this part of what is asked of a peer ahead, so that a slow one gives in small portions.
    package var runsAhead = 8
    /// Blocks asked of a peer before its rate is known.
    package var initialPipeline = 64
    /// The most blocks asked of a peer at once.
    package var maximumPipeline = 500
    /// The same for a peer that does not tell its `reqq`.
    package var unknownPipeline = 250
    /// How many seconds of a peer's rate are asked for ahead, while its round trip is not known.
    package var pipelineSeconds = 3.0
    /// How many round trips are asked for ahead, and within which bounds in seconds.
    package var pipelineRoundTrips = 4.0
    package var minimumPipelineSeconds = 1.0
    package var maximumPipelineSeconds = 10.0
    /// A peer that owes us blocks and delivers none for this long is snubbing us: others are asked.
    package var snubAfter = Duration.seconds(20)
    /// A block that was asked this long ago is asked of others.
    package var requestTimeout = Duration.seconds(45)
    /// In the end-game, a block asked this long ago is asked of a second peer.
    package var endGameAfter = Duration.milliseconds(500)
    /// The most blocks that a peer is asked a second time in the end-game.
    package var endGameBlocks = 8
    /// A suspect that works on a piece alone loses it after this long.
    package var paroleLimit = Duration.seconds(60)

    /// A keep-alive is sent after this long without another message.
    package var keepAliveInterval = Duration.seconds(90)
    /// A peer that says nothing for this long is closed.
    package var silenceLimit = Duration.seconds(180)
    /// A peer that reads nothing of what it asked for is closed after this long.
    package var unreadLimit = Duration.seconds(60)

    package init() {}
}
