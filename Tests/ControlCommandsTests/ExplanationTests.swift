import BitTorrentTypes
import BusServices
import ServiceShapes
import Testing

@testable import ControlCommands

/// A torrent of 100 pieces in some trouble, drawn by what differs from a download that has just begun.
private func facts(_ state: TorrentState, _ edit: (inout TorrentFacts, inout SwarmFacts) throws -> Void) throws
    -> TorrentFacts
{
    var summary = TorrentSummary(
        infoHash: try #require(InfoHash(hex: String(repeating: "ab", count: 20))),
        name: Array("album".utf8),
        state: state,
        size: 100 << 20,
        pieceLength: 1 << 20,
        pieces: 100,
        node: "peer-node/1",
        path: Array("/d/album".utf8),
        addedAt: 7
    )
    summary.wantedBytes = 100 << 20
    var facts = TorrentFacts(detail: TorrentDetail(summary: summary, files: [], trackers: [], metainfo: []))
    facts.readyWorkers = 2
    var swarm = SwarmFacts()
    swarm.freeBytes = 1 << 40
    try edit(&facts, &swarm)
    facts.detail = TorrentDetail(
        summary: facts.detail.summary,
        files: facts.detail.files,
        trackers: facts.detail.trackers,
        metainfo: [],
        swarm: swarm
    )
    return facts
}

extension TorrentFacts {
    /// The summary with a change.
    fileprivate mutating func summary(_ edit: (inout TorrentSummary) -> Void) {
        var summary = detail.summary
        edit(&summary)
        detail = TorrentDetail(summary: summary, files: detail.files, trackers: detail.trackers, metainfo: [])
    }

    fileprivate mutating func trackers(_ trackers: TorrentDetail.Tracker...) {
        detail = TorrentDetail(summary: detail.summary, files: detail.files, trackers: trackers, metainfo: [])
    }

    fileprivate mutating func files(_ files: TorrentDetail.File...) {
        detail = TorrentDetail(summary: detail.summary, files: files, trackers: detail.trackers, metainfo: [])
    }

    fileprivate var reasons: [Explanation.Reason] { explanation.findings.map(\.reason) }
}

private func tracker(_ message: String, works: Bool) -> TorrentDetail.Tracker {
    var tracker = TorrentDetail.Tracker(
        url: "http://t/announce",
        tier: 0,
        status: message,
        seeders: 0,
        leechers: 0,
        nextAnnounceSeconds: 60,
        message: message,
        isWorking: works
    )
    tracker.failures = works || message.isEmpty ? 0 : 1
    return tracker
}

private func departure(_ address: String, _ reason: String, isDial: Bool) throws -> PeerDeparture {
    PeerDeparture(
        address: try #require(PeerAddress(address)),
        client: [],
        isDial: isDial,
        reason: reason,
        secondsAgo: 1
    )
}

@Suite struct `Why a torrent that does not run` {
    @Test(arguments: [
        (TorrentState.paused, Explanation.Reason.paused), (.queued, .queued), (.finished, .finished),
        (.missing, .missing), (.error, .error),
    ])
    func `rests`(state: TorrentState, reason: Explanation.Reason) throws {
        let facts = try facts(state) { facts, _ in facts.summary { $0.error = "what happened" } }
        #expect(facts.reasons == [reason])
        #expect(!facts.explanation.first.advice.isEmpty)
    }

    @Test func `was stopped by a full disk`() throws {
        let facts = try facts(.error) { facts, swarm in
            facts.summary { $0.error = "no space left" }
            swarm.neededBytes = 10 << 20
            swarm.freeBytes = 1 << 20
        }
        #expect(facts.reasons == [.diskFull])
        #expect(facts.explanation.first.text.contains("needs 10.0 MiB more, and 1.0 MiB are free"))
    }

    @Test func `is being checked, or would be if there were workers`() throws {
        #expect(try facts(.checking) { _, _ in }.reasons == [.checking])
        #expect(try facts(.checking) { facts, _ in facts.readyWorkers = 0 }.reasons == [.noWorkers, .checking])
    }

    @Test func `seeds`() throws {
        #expect(try facts(.seeding) { _, _ in }.reasons == [.complete])
        let failing = try facts(.seeding) { facts, _ in facts.trackers(tracker("gone", works: false)) }
        #expect(failing.reasons == [.complete, .trackersFailing])
    }
}

@Suite struct `Why a download without peers` {
    @Test func `has no tracker and no peer`() throws {
        #expect(try facts(.downloading) { _, _ in }.reasons == [.noTrackers])
    }

    @Test func `has trackers that fail, in their own words`() throws {
        let facts = try facts(.downloading) { facts, _ in
            facts.trackers(tracker("the tracker refused: not registered", works: false), tracker("", works: false))
        }
        #expect(facts.reasons == [.trackersFailing])
        #expect(facts.explanation.first.text.contains("not registered"))
    }

    @Test func `has a tracker that knows nobody, or has not answered yet`() throws {
        let alone = try facts(.downloading) { facts, _ in facts.trackers(tracker("", works: true)) }
        #expect(alone.reasons == [.noPeers])
        let early = try facts(.downloading) { facts, _ in facts.trackers(tracker("", works: false)) }
        #expect(early.reasons == [.announcing])
    }

    @Test func `cannot reach the peers that are known, with the last errors`() throws {
        let facts = try facts(.downloading) { _, swarm in
            swarm.knownAddresses = 2
            swarm.departures = [
                try departure("10.0.0.1:1", "connection refused", isDial: true),
                try departure("10.0.0.2:1", "timed out", isDial: true),
                try departure("10.0.0.1:1", "an older one", isDial: true),
            ]
        }
        #expect(facts.reasons == [.peersUnreachable])
        #expect(facts.explanation.first.text.hasSuffix("10.0.0.1:1: connection refused; 10.0.0.2:1: timed out"))
    }

    @Test func `is dialling, or was left by all`() throws {
        #expect(try facts(.downloading) { _, swarm in swarm.knownAddresses = 3 }.reasons == [.connecting])
        let left = try facts(.downloading) { _, swarm in
            swarm.knownAddresses = 1
            swarm.departures = [try departure("10.0.0.1:1", "silent for too long", isDial: false)]
        }
        #expect(left.reasons == [.peersLeft])
    }
}

@Suite struct `Why a download with peers` {
    private func connected(_ edit: (inout TorrentFacts, inout SwarmFacts) throws -> Void) throws -> TorrentFacts {
        try facts(.downloading) { facts, swarm in
            facts.summary { $0.peers = 3 }
            swarm.knownAddresses = 3
            swarm.interestingPeers = 2
            try edit(&facts, &swarm)
        }
    }

    @Test func `goes on`() throws {
        let facts = try connected { facts, _ in facts.summary { $0.downRate = 5000 } }
        #expect(facts.reasons == [.progressing])
    }

    @Test func `goes as fast as its own limit lets it`() throws {
        let facts = try connected { facts, _ in
            facts.summary {
                $0.downRate = 9000
                $0.options.downLimit = .bytesPerSecond(10_000)
            }
        }
        #expect(facts.reasons == [.limited])
        #expect(facts.explanation.first.advice.contains("p2pctl limit abababab --down off"))
    }

    @Test func `goes as fast as the alternative speeds of the node let it`() throws {
        let facts = try connected { facts, _ in
            facts.summary { $0.downRate = 4000 }
            var limits = NodeLimits()
            limits.alternativeDown = .bytesPerSecond(9000)
            limits.isAlternativeActive = true
            limits.downRate = 8500
            facts.limits = limits
        }
        #expect(facts.reasons == [.limited])
        #expect(facts.explanation.first.advice.contains("--alternative off"))
    }

    @Test func `lacks pieces that nobody has, and their files`() throws {
        let facts = try connected { facts, swarm in
            facts.files(
                TorrentDetail.File(path: Array("a".utf8), length: 5, verifiedBytes: 5),
                TorrentDetail.File(path: Array("b".utf8), length: 5, verifiedBytes: 4),
                TorrentDetail.File(path: Array("c".utf8), length: 5, verifiedBytes: 0, priority: .skip)
            )
            swarm.interestingPeers = 0
            swarm.unavailablePieces = 5
            swarm.unavailable = [3...6, 9...9]
        }
        #expect(facts.reasons == [.unavailable, .nothingNew])
        #expect(facts.explanation.first.text.contains("pieces 3–6, 9 (5 of 100); incomplete: 2 b"))
    }

    @Test func `is choked by all`() throws {
        #expect(try connected { _, swarm in swarm.chokingPeers = 2 }.reasons == [.choked])
        #expect(try connected { _, swarm in swarm.chokingPeers = 1 }.reasons == [.waiting])
    }

    @Test func `may ask and gets nothing`() throws {
        let facts = try connected { facts, swarm in
            facts.summary { $0.isStalled = true }
            swarm.idleSeconds = 95
        }
        #expect(facts.reasons == [.silentPeers])
        #expect(facts.explanation.first.text.contains("1:35"))
    }

    @Test func `waits for workers, or for the disk`() throws {
        let hashing = try connected { facts, swarm in
            facts.readyWorkers = 0
            swarm.piecesAtHashers = 4
        }
        #expect(hashing.reasons.first == .noWorkers)
        let full = try connected { _, swarm in
            swarm.neededBytes = 2
            swarm.freeBytes = 1
        }
        #expect(full.reasons.first == .diskFull)
    }

    @Test func `as a page and as JSON`() throws {
        let facts = try connected { _, swarm in swarm.chokingPeers = 2 }
        let torrent = facts.detail.summary
        #expect(facts.explanation.page(of: torrent).first == "album on peer-node/1 is downloading:")
        let json = facts.explanation.json(of: torrent).encoded
        #expect(json.contains(#""state":"downloading","reason":"choked""#))
    }

    @Test func `a move comes first, and one that failed last`() throws {
        let moving = try facts(.paused) { facts, _ in
            facts.summary {
                $0.movingTo = Array("/e".utf8)
                $0.moveProgress = 0.5
            }
        }
        #expect(moving.reasons == [.moving])
        #expect(moving.explanation.first.text == "its files are being moved to /e: 50 %")
        let failed = try facts(.paused) { facts, _ in facts.summary { $0.moveError = "no room" } }
        #expect(failed.reasons == [.paused, .moveFailed])
    }

    @Test func `no more connections are named, of the node before those of the torrent`() throws {
        let ofNode = try facts(.downloading) { facts, swarm in
            facts.trackers(tracker("", works: true))
            swarm.nodeConnections = 7
            swarm.nodeConnectionLimit = 7
        }
        #expect(ofNode.reasons == [.connectionsFull, .noPeers])
        #expect(ofNode.explanation.first.advice.contains("peer.connections.node"))
        let own = try facts(.downloading) { facts, swarm in
            facts.summary { $0.peers = 5 }
            swarm.connectionLimit = 5
        }
        #expect(own.reasons.contains(.connectionsFull))
    }

    @Test func `a seed says what holds it back, and what it is`() throws {
        let seed = try facts(.seeding) { facts, _ in
            facts.summary {
                $0.options.isSuperSeeding = true
                $0.options.upLimit = .bytesPerSecond(1000)
                $0.upRate = 900
                $0.wantedBytes = 60 << 20
            }
        }
        #expect(seed.reasons == [.complete, .limited, .superSeeding, .partial])
        #expect(seed.explanation.findings[1].advice.contains("--up off"))
    }

    @Test func `bad data and late files are named beside the reason`() throws {
        let trouble = try facts(.downloading) { facts, _ in
            facts.summary {
                $0.hashFailed = 9
                $0.downRate = 100
                $0.peers = 1
            }
            facts.files(
                .init(path: [0x61], length: 5, verifiedBytes: 0, deadlineSeconds: 5),
                .init(path: [0x62], length: 5, verifiedBytes: 0, deadlineSeconds: -1)
            )
        }
        #expect(trouble.reasons == [.progressing, .badData, .late])
        #expect(trouble.explanation.findings.last?.text == "file 2 should be there by now")
    }
}
