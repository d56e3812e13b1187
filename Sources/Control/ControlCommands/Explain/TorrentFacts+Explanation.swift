import BitTorrentTypes
import BusServices
import ServiceShapes

extension TorrentFacts {
    /// Names the most likely reason why the torrent does not go on, and others that are true as well.
    ///
    ///     not running        error · missing · paused · queued · finished
    ///     being hashed       no workers · checking
    ///     no peers           no trackers · trackers failing · no peers · unreachable · left
    ///     peers              unavailable pieces · nothing new · choked · limit · silent
    ///     beside them        being moved · move failed · no more connections · bad data · late files
    var explanation: Explanation {
        let findings =
            switch torrent.state {
            case .error, .missing, .paused, .queued, .finished: torrent.movingTo == nil ? [resting] : []
            case .checking: [noWorkers, checking].compactMap { $0 }
            case .seeding: seeding
            case .downloading: downloading + [badData, late].compactMap { $0 }
            }
        return Explanation(findings: [moving].compactMap { $0 } + findings + [moveFailed].compactMap { $0 })
    }

    var torrent: TorrentSummary { detail.summary }
    var swarm: SwarmFacts { detail.swarm }
    var id: String { String(torrent.infoHash.hex.prefix(8)) }

    // MARK: - Not running

    private var resting: Explanation.Finding {
        switch torrent.state {
        case .missing:
            .init(
                reason: .missing,
                text: "its files are gone: \(torrent.error ?? "nothing is where they were")",
                advice: "bring them back, or download them again with: p2pctl resume \(id)"
            )
        case .paused:
            .init(reason: .paused, text: "somebody paused it", advice: "start it with: p2pctl resume \(id)")
        case .queued:
            .init(
                reason: .queued,
                text:
                    "it is number \(torrent.queuePosition) in the queue of \(torrent.node), and as many as may run do",
                advice: "put it first with: p2pctl queue \(id) top; or raise queue.downloads and queue.seeds"
            )
        case .finished:
            .init(
                reason: .finished,
                text: "it has been seeded enough: ratio \(HumanUnits.decimal(torrent.ratio)) in "
                    + HumanUnits.duration(seconds: Double(torrent.seedingSeconds)),
                advice: "seed on with: p2pctl resume \(id)"
            )
        case .error, .checking, .downloading, .seeding:
            diskFull
                ?? .init(
                    reason: .error,
                    text: torrent.error ?? "an error stopped it",
                    advice: "mend that and go on with: p2pctl resume \(id)"
                )
        }
    }

    private var diskFull: Explanation.Finding? {
        guard let free = swarm.freeBytes, swarm.neededBytes > free else { return nil }
        return .init(
            reason: .diskFull,
            text: "the disk is full: it needs \(HumanUnits.bytes(swarm.neededBytes)) more, and "
                + "\(HumanUnits.bytes(free)) are free",
            advice: "make room; it goes on by itself"
        )
    }

    private var noWorkers: Explanation.Finding? {
        guard readyWorkers == 0 else { return nil }
        return .init(
            reason: .noWorkers,
            text: "no hasher-worker runs, so nothing can be verified",
            advice: "start some with: p2pctl scale hasher-worker=2"
        )
    }

    private var checking: Explanation.Finding {
        .init(
            reason: .checking,
            text: "its files are being checked: \(HumanUnits.percent(torrent.checkingProgress))",
            advice: "watch that with: p2pctl jobs"
        )
    }

    private var seeding: [Explanation.Finding] {
        let wanting = torrent.peers - torrent.seeds
        let text =
            wanting > 0
            ? "all that is wanted is there; \(wanting) of its peers may download from us"
            : "all that is wanted is there, and nobody is connected who wants it"
        let complete = Explanation.Finding(reason: .complete, text: text)
        let beside = [limit(.up), superSeeding, partial, connectionsFull, trackerTrouble].compactMap { $0 }
        return [complete] + beside
    }

    // MARK: - Downloading

    private var downloading: [Explanation.Finding] {
        let disk = [swarm.piecesAtHashers > 0 ? noWorkers : nil, diskFull].compactMap { $0 }
        let supply = torrent.peers > 0 ? [unavailable].compactMap { $0 } : []
        if torrent.downRate >= 1 { return disk + [limit(.down) ?? progress] + supply }
        let full = [connectionsFull].compactMap { $0 }
        guard torrent.peers > 0 else { return disk + full + [nobody] }
        return disk + supply + [silence] + [limit(.down), trackerTrouble].compactMap { $0 } + full
    }

    private var progress: Explanation.Finding {
        let rest = torrent.etaSeconds.map { ", \(HumanUnits.duration(seconds: Double($0))) left" } ?? ""
        return .init(
            reason: .progressing,
            text: "it goes on at \(HumanUnits.rate(torrent.downRate)) from \(count(torrent.peers, "peer"))\(rest)"
        )
    }

    private enum Direction: String {
        case down, up
    }

    /// A limit that is nearly reached: its own, or that of the node.
    private func limit(_ direction: Direction) -> Explanation.Finding? {
        func isReached(_ limit: RateLimit, by rate: Double) -> Bool {
            limit != .unlimited && rate >= 0.8 * Double(limit.bytesPerSecond)
        }
        let isDown = direction == .down
        let own = isDown ? torrent.options.downLimit : torrent.options.upLimit
        if isReached(own, by: isDown ? torrent.downRate : torrent.upRate) {
            return .init(
                reason: .limited,
                text: "its limit of \(HumanUnits.rate(Double(own.bytesPerSecond))) is reached",
                advice: "lift it with: p2pctl limit \(id) --\(direction.rawValue) off"
            )
        }
        guard let limits else { return nil }
        let shared = isDown ? limits.downInForce : limits.upInForce
        guard isReached(shared, by: isDown ? limits.downRate : limits.upRate) else { return nil }
        return .init(
            reason: .limited,
            text: "the limit of \(torrent.node), \(HumanUnits.rate(Double(shared.bytesPerSecond))) for all of its "
                + "torrents\(limits.isAlternativeActive ? " (alternative speeds)" : ""), is reached",
            advice: limits.isAlternativeActive
                ? "switch to the usual speeds with: p2pctl limit --alternative off"
                : "lift it with: p2pctl limit --\(direction.rawValue) off"
        )
    }

    /// Not one connection.
    private var nobody: Explanation.Finding {
        guard swarm.knownAddresses > 0 else { return nobodyKnown }
        let failed = swarm.departures.filter(\.isDial)
        if let last = swarm.departures.first, !last.isDial, failed.isEmpty {
            return .init(
                reason: .peersLeft,
                text: "every peer has left; the last, \(last.address): \(last.reason)",
                advice: "they are tried again by themselves; name another with: p2pctl add … --peer HOST:PORT"
            )
        }
        guard !failed.isEmpty else {
            return .init(reason: .connecting, text: "\(count(swarm.knownAddresses, "peer")) known, and being dialled")
        }
        var seen: Set<PeerAddress> = []
        let errors = failed.filter { seen.insert($0.address).inserted }.prefix(3).map { "\($0.address): \($0.reason)" }
        return .init(
            reason: .peersUnreachable,
            text: "\(count(swarm.knownAddresses, "peer")) known, and none can be reached: "
                + errors.joined(separator: "; "),
            advice: "they are tried again by themselves; check the network and the firewall"
        )
    }

    private var nobodyKnown: Explanation.Finding {
        if detail.trackers.isEmpty {
            return .init(
                reason: .noTrackers,
                text: "it has no tracker, and nobody named a peer",
                advice: "name a peer with: p2pctl add … --peer HOST:PORT; or add a .torrent file with trackers"
            )
        }
        if let trackerTrouble { return trackerTrouble }
        guard detail.trackers.contains(where: \.isWorking) else {
            return .init(reason: .announcing, text: "its trackers have not answered yet")
        }
        return .init(
            reason: .noPeers,
            text: "its tracker works and knows no other peer: nobody seeds it now",
            advice: "wait, or start a seeder; ask the tracker again with: p2pctl announce \(id)"
        )
    }

    /// Every tracker that was asked has failed.
    private var trackerTrouble: Explanation.Finding? {
        guard !detail.trackers.contains(where: \.isWorking),
            let failing = detail.trackers.first(where: { $0.failures > 0 })
        else { return nil }
        let others = detail.trackers.count > 1 ? ", as do the others" : ""
        return .init(
            reason: .trackersFailing,
            text: "its tracker \(failing.url) fails\(others): \(failing.status)",
            advice: "check its URL and that it runs; ask again with: p2pctl announce \(id)"
        )
    }

    /// Pieces that no connected peer has.
    private var unavailable: Explanation.Finding? {
        guard swarm.unavailablePieces > 0 else { return nil }
        let runs = swarm.unavailable.prefix(4).map { run in
            run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound)–\(run.upperBound)"
        }
        let more = swarm.unavailable.count > 4 ? ", …" : ""
        let pieces = swarm.unavailablePieces == 1 ? "piece" : "pieces"
        return .init(
            reason: .unavailable,
            text: "nobody who is connected has \(pieces) \(runs.joined(separator: ", "))\(more) "
                + "(\(swarm.unavailablePieces) of \(torrent.pieces))\(unavailableFiles)",
            advice: "wait for a seeder, or leave these files out with: p2pctl configure \(id) --skip NUMBERS"
        )
    }

    /// The files that the unavailable pieces belong to, as far as they are listed.
    private var unavailableFiles: String {
        let names = detail.files.enumerated().filter { _, file in
            file.priority != .skip && file.length > 0 && file.verifiedBytes < file.length
        }.map { number, file in "\(number + 1) \(String(decoding: file.path, as: UTF8.self))" }
        guard !names.isEmpty, detail.files.count > 1 else { return "" }
        let shown = names.prefix(3).joined(separator: ", ")
        return "; incomplete: \(shown)\(names.count > 3 ? " and \(names.count - 3) more" : "")"
    }

    /// There are peers, and nothing comes from them.
    private var silence: Explanation.Finding {
        if swarm.interestingPeers == 0 {
            return .init(
                reason: .nothingNew,
                text: "\(count(torrent.peers, "peer")) connected, and none has a piece that is lacking here",
                advice: "wait for a seeder; ask the tracker again with: p2pctl announce \(id)"
            )
        }
        if swarm.chokingPeers == swarm.interestingPeers {
            return .init(
                reason: .choked,
                text: "\(count(swarm.interestingPeers, "peer")) with what is lacking here, and all choke us: they "
                    + "serve others first",
                advice: "it goes on when one of them has a slot free; more peers help"
            )
        }
        guard torrent.isStalled else {
            return .init(reason: .waiting, text: "blocks are asked for, and have not come yet")
        }
        let open = swarm.interestingPeers - swarm.chokingPeers
        return .init(
            reason: .silentPeers,
            text: "\(count(open, "peer")) may be asked, and nothing has come for "
                + HumanUnits.duration(seconds: swarm.idleSeconds),
            advice: "see them with: p2pctl peers \(id)"
        )
    }

    private func count(_ number: Int, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }
}
