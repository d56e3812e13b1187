import BitTorrentTypes
import BusServices
import BusTransport
import Testing

/// Each call of each service goes through client, bytes and routes, and comes back as it was.
@Suite struct `Services over the bus` {
    let network = InMemoryNetwork()

    @Test func `torrents come back as they were`() async throws {
        let node = network.join(ProcessName(role: .peerNode, number: 1))
        node.serve(RouteTable([TorrentsRoutes(SampleTorrents())]).handler)
        let client = TorrentsClient(network.joinAsControl())
        let sample = SampleTorrents.summary
        var addition = TorrentAddition(metainfo: [1, 2], directory: Array("/tmp".utf8))
        addition.isPaused = true
        addition.existingData = .verified
        addition.peers = [try #require(PeerAddress("[::1]:6881"))]
        addition.change = SampleTorrents.change
        let added = try await client.add(addition)
        #expect(added.torrent.error == "\(addition)")
        #expect(added.alreadyPresent)
        #expect(try await client.list() == [sample, sample])
        #expect(try await client.show(sample.infoHash) == SampleTorrents.detail)
        #expect(try await client.peers(sample.infoHash) == SampleTorrents.listing)
        #expect(try await client.pause(sample.infoHash).state == .paused)
        #expect(try await client.resume(sample.infoHash).state == .downloading)
        #expect(try await client.recheck(sample.infoHash).state == .checking)
        #expect(try await client.announce(sample.infoHash) == sample)
        #expect(try await client.configure(sample.infoHash, SampleTorrents.change).error == "\(SampleTorrents.change)")
        #expect(try await client.configure(sample.infoHash, TorrentChange()).error == "\(TorrentChange())")
        var limits = NodeLimitsChange()
        #expect(try await client.limits(limits).down == .unlimited)
        limits.down = .bytesPerSecond(3_000_000)
        limits.alternative = .schedule
        #expect(try await client.limits(limits) == SampleTorrents.limits(limits))
        await #expect(throws: BusFault(.failed, "removed \(sample.infoHash) true")) {
            try await client.remove(sample.infoHash, deleteData: true)
        }
    }

    @Test func `catalogue entries come back as they were`() async throws {
        network.join(ProcessName(role: .trackerAPI, number: 1))
            .serve(RouteTable([CatalogueRoutes(SampleCatalogue())]).handler)
        let client = CatalogueClient(network.joinAsControl())
        #expect(try await client.register(metainfo: [7]).announceURL == "http://127.0.0.1:8000/announce")
        #expect(try await client.find(SampleTorrents.summary.infoHash) == SampleTorrents.summary.infoHash.bytes)
    }

    @Test func `hash jobs bring progress and digests`() async throws {
        network.join(ProcessName(role: .hasherWorker, number: 1))
            .serve(RouteTable([HashingRoutes(SampleHashing())]).handler)
        let job = HashJob(
            priority: .bulk,
            runs: [try PieceRun(slices: [FileSlice(path: [0x2F, 0xFF], offset: 3, length: 5)], pieceLength: 4)],
            expected: [UInt8](repeating: 9, count: 40),
            task: HashTask(id: "c1", kind: .check, name: [0xFF], bytesTotal: 7, bytesBefore: 2)
        )
        let (seen, progress) = AsyncStream<Int>.makeStream()
        let digests = try await HashingClient(network.joinAsControl()).hash(job) { progress.yield($0) }
        progress.finish()
        #expect(digests == [.sha1([UInt8](repeating: 9, count: 20)), .unreadable("\(job)")])
        #expect(await seen.reduce(into: []) { $0.append($1) } == [5])
    }

    @Test func `a method of another service is nobody's`() async {
        network.join(ProcessName(role: .peerNode, number: 1)).serve(
            RouteTable([TorrentsRoutes(SampleTorrents())]).handler
        )
        await #expect(throws: BusFault(.invalid, "nobody here answers torrents.explode")) {
            try await network.joinAsControl()
                .request("torrents.explode", to: .any(.peerNode), body: [], deadline: .seconds(9), onProgress: nil)
        }
    }
}

@Suite struct `Hash jobs as messages` {
    func job(_ pieceLength: Int, _ lengths: [Int], path: String = "/f", offset: Int = 0) throws -> HashJob {
        HashJob(
            priority: .interactive,
            runs: try lengths.map { length in
                let slice = FileSlice(path: Array(path.utf8), offset: offset, length: length)
                return try PieceRun(slices: [slice], pieceLength: pieceLength)
            }
        )
    }

    @Test func `count their pieces and bytes`() throws {
        let job = try job(4, [4, 5, 1])
        #expect(job.pieceCount == 4)
        #expect(job.byteCount == 10)
    }

    @Test func `arrive as they were sent, trees and padding included`() throws {
        let slices = [FileSlice(path: Array("/f".utf8), offset: 1, length: 40_000), .padding(25_536)]
        let run = try PieceRun(slices: slices, pieceLength: 65_536, hashes: .both(treeWidth: 4))
        let task = HashTask(id: "u7", kind: .upload, name: Array("ü".utf8), infoHash: nil, bytesTotal: 9)
        let job = HashJob(priority: .bulk, runs: [run], expected: [UInt8](repeating: 3, count: 20), task: task)
        #expect(try HashingMessages.job(HashingMessages.encode(job)) == job)
    }

    @Test func `take no answer with other hashes than were asked for`() throws {
        let runs = try job(4, [4]).runs
        for hashes in [
            PieceHashes(sha1: [1, 2, 3]), PieceHashes(sha1: nil), PieceHashes(sha1: nil, merkleRoot: Array(0..<32)),
            PieceHashes(sha1: Array(0..<20), merkleRoot: Array(0..<32)),
        ] {
            let body = try HashingMessages.encode([.hashed(hashes)])
            #expect(throws: BusFault.self) { try HashingMessages.outcomes(body, of: runs) }
        }
    }

    @Test func `expect a hash for each piece or none`() throws {
        let run = try PieceRun(slices: [FileSlice(path: Array("/f".utf8), offset: 0, length: 9)], pieceLength: 4)
        for count in [1, 20, 59, 61] {
            let job = HashJob(priority: .bulk, runs: [run], expected: [UInt8](repeating: 0, count: count))
            #expect(throws: BusFault.self) { try HashingMessages.encode(job) }
        }
    }

    @Test(
        arguments: [
            (0, [4], "/f", 0), (-1, [4], "/f", 0), (4, [], "/f", 0), (4, [0], "/f", 0), (1, [70_000], "/f", 0),
            (4, [4], "f", 0), (4, [4], "/f\0", 0), (4, [4], "/f", .max),
            (4, [Int.max, Int.max], "/f", 0),
        ] as [(Int, [Int], String, Int)]
    )
    func `without sense are refused`(pieceLength: Int, lengths: [Int], path: String, offset: Int) throws {
        #expect(throws: (any Error).self) {
            let body = try HashingMessages.encode(job(pieceLength, lengths, path: path, offset: offset))
            _ = try HashingMessages.job(body)
        }
    }
}

/// A value that is there because it is written here.
private func sample<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a sample is not valid") }
    return value
}

private struct SampleTorrents: TorrentsService {
    static let summary: TorrentSummary = {
        var summary = TorrentSummary(
            infoHash: sample(InfoHash(0..<20)),
            name: [0xFF, 0x41],
            state: .seeding,
            size: 1 << 50,
            pieceLength: 1 << 18,
            pieces: 99,
            node: "peer-node/1",
            path: Array("/data/x".utf8),
            addedAt: 1_800_000_000
        )
        summary.verifiedPieces = 98
        summary.verifiedBytes = 5
        summary.downloaded = 6
        summary.uploaded = 7
        summary.downRate = 1.5
        summary.upRate = 2.5
        summary.peers = 3
        summary.seeds = 4
        summary.error = "äh"
        summary.wasted = 8
        summary.hashFailed = 9
        summary.trackerStatus = "ok"
        summary.isPrivate = true
        summary.checkingProgress = 0.25
        summary.etaSeconds = 0
        summary.availability = 1.5
        summary.wantedBytes = 10
        summary.wantedVerifiedBytes = 9
        summary.options.isSequential = true
        summary.options.downLimit = .bytesPerSecond(2048)
        summary.options.seedRatio = .at(2.5)
        summary.options.seedTime = .never
        summary.options.connections = .at(13)
        summary.options.uploadSlots = .at(14)
        summary.options.isSuperSeeding = true
        summary.seedingSeconds = 11
        summary.queuePosition = 12
        summary.isStalled = true
        summary.movingTo = [0x2F, 0xFE]
        summary.moveProgress = 0.5
        summary.moveError = "full"
        return summary
    }()
    static let tracker: TorrentDetail.Tracker = {
        var tracker = TorrentDetail.Tracker(
            url: "http://t",
            tier: 1,
            status: "",
            seeders: 2,
            leechers: 3,
            nextAnnounceSeconds: 4,
            message: "slow",
            isWorking: true
        )
        tracker.failures = 5
        tracker.downloaded = 0
        tracker.externalIP = IPAddress("::1")
        return tracker
    }()
    static let detail = TorrentDetail(
        summary: summary,
        files: [
            TorrentDetail.File(path: [0x61, 0x2F, 0xFE], length: 0, verifiedBytes: 0, priority: .high),
            TorrentDetail.File(path: [0x62], length: 1, verifiedBytes: 0, deadlineSeconds: -2.5),
        ],
        trackers: [tracker],
        metainfo: [1, 2, 3],
        swarm: facts
    )
    static let facts: SwarmFacts = {
        var facts = SwarmFacts()
        facts.knownAddresses = 1
        facts.dials = 2
        facts.interestingPeers = 4
        facts.chokingPeers = 3
        facts.unavailablePieces = 5
        facts.unavailable = [0...3, 9...9]
        facts.piecesAtHashers = 6
        facts.idleSeconds = 7.5
        facts.freeBytes = 0
        facts.neededBytes = 8
        facts.isPrivate = true
        facts.nodeConnections = 10
        facts.nodeConnectionLimit = 11
        facts.connectionLimit = 12
        facts.departures = [departure]
        return facts
    }()
    static let departure = PeerDeparture(
        address: sample(PeerAddress("[::1]:1")),
        client: [0xFE],
        isDial: true,
        reason: "no answer",
        secondsAgo: 2
    )
    static let listing = PeerListing(peers: [peer], departures: [departure])
    static let change: TorrentChange = {
        var change = TorrentChange()
        change.files = [
            TorrentChange.FileRule(files: 0...9, priority: .skip),
            TorrentChange.FileRule(files: 3...3, priority: .low),
        ]
        change.isSequential = false
        change.downLimit = .unlimited
        change.upLimit = .bytesPerSecond(4096)
        change.seedRatio = .node
        change.seedTime = .at(60)
        change.connections = .node
        change.uploadSlots = .at(3)
        change.isSuperSeeding = false
        change.deadlines = [
            TorrentChange.DeadlineRule(files: 0...9, by: 1.5),
            TorrentChange.DeadlineRule(files: 3...3, by: nil),
        ]
        change.queueMove = .bottom
        return change
    }()
    static func limits(_ change: NodeLimitsChange) -> NodeLimits {
        var limits = NodeLimits()
        limits.down = change.down ?? .unlimited
        limits.up = change.up ?? .unlimited
        limits.alternative = change.alternative ?? .off
        limits.alternativeUp = .bytesPerSecond(5000)
        limits.isAlternativeActive = true
        limits.upRate = 0.5
        return limits
    }
    static let peer: PeerSummary = {
        var peer = PeerSummary(address: sample(PeerAddress("10.0.0.1:51413")), client: [0xFE], isIncoming: true)
        peer.amChoking = false
        peer.peerInterested = true
        peer.downloaded = 10
        peer.progress = 1
        peer.wasted = 11
        peer.hashFailed = 12
        peer.isSnubbed = true
        peer.isUploadOnly = true
        peer.isOptimistic = true
        peer.source = .pex
        peer.connectedSeconds = 13.5
        peer.requests = 14
        peer.queuedRequests = 15
        return peer
    }()

    func add(_ addition: TorrentAddition) async throws(BusFault) -> (torrent: TorrentSummary, alreadyPresent: Bool) {
        var summary = Self.summary
        summary.error = "\(addition)"
        return (summary, true)
    }
    func list() async throws(BusFault) -> [TorrentSummary] { [Self.summary, Self.summary] }
    func show(_ infoHash: InfoHash) async throws(BusFault) -> TorrentDetail { Self.detail }
    func peers(_ infoHash: InfoHash) async throws(BusFault) -> PeerListing { Self.listing }
    func pause(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { with(.paused) }
    func resume(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { with(.downloading) }
    func recheck(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { with(.checking) }
    func announce(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary { Self.summary }
    func move(_ infoHash: InfoHash, to directory: [UInt8]) async throws(BusFault) -> TorrentSummary {
        var summary = Self.summary
        summary.movingTo = directory
        return summary
    }
    func remove(_ infoHash: InfoHash, deleteData: Bool) async throws(BusFault) {
        throw BusFault(.failed, "removed \(infoHash) \(deleteData)")
    }

    func configure(_ infoHash: InfoHash, _ change: TorrentChange) async throws(BusFault) -> TorrentSummary {
        var summary = Self.summary
        summary.error = "\(change)"
        return summary
    }
    func limits(_ change: NodeLimitsChange) async throws(BusFault) -> NodeLimits { Self.limits(change) }

    private func with(_ state: TorrentState) -> TorrentSummary {
        var summary = Self.summary
        summary.state = state
        return summary
    }
}

private struct SampleCatalogue: CatalogueService {
    func register(metainfo: [UInt8]) async throws(BusFault) -> CatalogueEntry {
        CatalogueEntry(
            infoHash: SampleTorrents.summary.infoHash,
            announceURL: "http://127.0.0.1:8000/announce",
            torrentURL: "http://127.0.0.1:8000/x.torrent",
            alreadyPresent: false
        )
    }
    func find(_ infoHash: InfoHash) async throws(BusFault) -> [UInt8] { infoHash.bytes }
}

private struct SampleHashing: HashingService {
    func hash(
        _ job: HashJob,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(BusFault) -> [PieceOutcome] {
        progress(5)
        return [.sha1([UInt8](repeating: 9, count: 20)), .unreadable("\(job)")]
    }
}
