import BitTorrentTypes
import BusServices
import Glibc
import Logging
import NIOCore
import PeerEngine
import PieceStore

/// Which torrents of a node run, and how fast they may: what ``QueuePolicy`` and the limits decide is put into force.
///
///     added, removed, paused, resumed, moved, configured ──┐
///     every two seconds, while something is limited ───────┴─► arrange: facts of all ─► decisions ─► run, wait, finish
actor NodeSteering {
    private static let interval = Duration.seconds(2)

    private let environment: NodeEnvironment
    private let registry: TorrentRegistry
    private let preferences: NodePreferences
    /// What a person set while the node ran.
    private var chosen: NodeDatabase.NodeLimits
    private var isAlternativeActive = false
    private var arranging: Task<Void, Never>?
    private var isAskedAgain = false
    /// Whether time alone may change what is to run.
    private var isWatching = false
    private var watch: Task<Void, Never>?

    init(
        _ environment: NodeEnvironment,
        _ registry: TorrentRegistry,
        _ preferences: NodePreferences,
        chosen: NodeDatabase.NodeLimits
    ) {
        self.environment = environment
        self.registry = registry
        self.preferences = preferences
        self.chosen = chosen
    }

    /// Puts the limits into force and begins to watch the clock.
    func start() {
        applySpeeds()
        watch = Task { [weak self] in
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.interval) } catch { return }
                await self?.lookAgain()
            }
        }
    }

    func stop() {
        watch?.cancel()
        watch = nil
    }

    private func lookAgain() async {
        let before = environment.throttle.generation
        applySpeeds()
        if environment.throttle.generation != before { await wakeHeld() }
        if isWatching { await arrange() }
    }

    // MARK: - Speeds

    private var mode: AlternativeSpeeds {
        chosen.alternative.flatMap(AlternativeSpeeds.init(rawValue:)) ?? .schedule
    }

    private func applySpeeds() {
        isAlternativeActive =
            switch mode {
            case .on: true
            case .off: false
            case .schedule: Self.isActiveNow(preferences.schedule)
            }
        let down = isAlternativeActive ? preferences.alternativeDown : chosen.down ?? preferences.down
        let up = isAlternativeActive ? preferences.alternativeUp : chosen.up ?? preferences.up
        let now = EngineTime(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
        environment.throttle.set(down, .down, at: now)
        environment.throttle.set(up, .up, at: now)
    }

    private static func isActiveNow(_ schedule: SpeedSchedule) -> Bool {
        guard schedule.from != schedule.to else { return false }
        var seconds = time(nil)
        var local = tm()
        guard localtime_r(&seconds, &local) != nil else { return false }
        return schedule.isActive(weekday: Int(local.tm_wday), minute: Int(local.tm_hour * 60 + local.tm_min))
    }

    /// Changes the limits, now and for later runs.
    func change(_ change: NodeLimitsChange) async throws {
        guard change != NodeLimitsChange() else { return }
        var new = chosen
        if let down = change.down { new.down = down }
        if let up = change.up { new.up = up }
        if let alternative = change.alternative { new.alternative = alternative.rawValue }
        let limits = new
        chosen = new
        applySpeeds()
        try await environment.recorder.afterFlush { database in Result { try database.setNodeLimits(limits) } }.get()
        await wakeHeld()
    }

    /// What waits under the old limits looks at the new ones.
    private func wakeHeld() async {
        _ = await TorrentPoll.ask(registry.all) { session, _ in session.takeLimits() }
    }

    func limits() async -> NodeLimits {
        var limits = NodeLimits()
        limits.down = chosen.down ?? preferences.down
        limits.up = chosen.up ?? preferences.up
        limits.alternativeDown = preferences.alternativeDown
        limits.alternativeUp = preferences.alternativeUp
        limits.alternative = mode
        limits.isAlternativeActive = isAlternativeActive
        for rates in await TorrentPoll.ask(registry.all, { session, _ in session.rates }) {
            limits.downRate += rates.down
            limits.upRate += rates.up
        }
        return limits
    }

    // MARK: - Queue

    /// Whether a torrent waits for a decision before it runs.
    nonisolated func decidesStart(of options: TorrentOptions) -> Bool {
        preferences.activeDownloads != nil || preferences.activeSeeds != nil
            || options.seedRatio.value(elseOfNode: preferences.seedRatio) != nil
            || options.seedTime.value(elseOfNode: preferences.seedSeconds) != nil
    }

    /// Something happened to one torrent; looks at all of them only where that may matter.
    func changed(_ session: TorrentSession, decides: Bool) async {
        if decides || isWatching { return await arrange() }
        await session.setQueuePosition(registry.count)
    }

    /// Decides anew which torrents run, and waits until that is done; asking meanwhile makes one more round.
    func arrange() async {
        isAskedAgain = true
        if let arranging { return await arranging.value }
        let rounds = Task {
            while isAskedAgain {
                isAskedAgain = false
                await arrangeOnce()
            }
            arranging = nil
        }
        arranging = rounds
        await rounds.value
    }

    /// A torrent is gone: there may be room for another.
    func removed() async {
        if isWatching { await arrange() }
    }

    private func arrangeOnce() async {
        let policy = QueuePolicy(downloads: preferences.activeDownloads, seeds: preferences.activeSeeds)
        let order = await order()
        let preferences = preferences
        let asked = await TorrentPoll.ask(order) { session, place in
            session.queueFacts(position: place + 1, preferences).map { (facts: $0, hold: session.queueHold) }
        }
        let candidates = zip(order, asked).compactMap { session, asked in
            asked.map { (session: session, facts: $0.facts, hold: $0.hold) }
        }
        isWatching =
            policy.isLimited
            || candidates.contains { $0.facts.ratioLimit != nil || $0.facts.seedingSecondsLimit != nil }
        let decisions = policy.decide(candidates.map(\.facts))
        // Those that stop go first, so that never more run than may.
        for isStop in [true, false] {
            for (candidate, decision) in zip(candidates, decisions)
            where (decision != .run) == isStop && candidate.hold != decision.hold {
                await candidate.session.rest(for: decision.hold)
            }
        }
    }

    /// All torrents: those that were moved by where they were put, then the others as they were added.
    private func order() async -> [TorrentSession] {
        let sessions = registry.all
        let places = await TorrentPoll.ask(sessions) { session, _ in
            (place: session.queuePlace ?? .max, number: session.number, infoHash: session.infoHash)
        }
        return zip(places, sessions).sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Moves a torrent in the queue, now and for later runs.
    func move(_ infoHash: InfoHash, to place: QueueOrder.Place) async throws {
        let sessions = await order()
        guard let index = sessions.firstIndex(where: { $0.infoHash == infoHash }) else { return }
        let moved = QueueOrder.moving(index, of: sessions, to: place)
        let hashes = moved.map(\.infoHash)
        try await environment.recorder.afterFlush { database in Result { try database.setQueue(hashes) } }.get()
        for (position, session) in moved.enumerated() { await session.setQueuePlace(position) }
        await arrange()
    }
}
