package import BitTorrentTypes
package import Logging
package import TrackerWire

/// Tells the trackers of one torrent that we are here, at the times they wish.
///
///     start ──► tiers in order until one answers ──► wait its interval (or a growing pause) ──► again
///                                                     └─ cut short by: complete, announce now, new trackers
///
/// When is the business of ``AnnounceTimer``; whom, of ``TrackerTiers``.
package actor TrackerAnnouncer {
    /// What an announce says of the torrent; `nil` when it is gone.
    package typealias Request = @Sendable (AnnounceEvent) async -> AnnounceRequest?

    private let client: TrackerClient
    private let logger: Logger
    private let request: Request
    private let found: @Sendable ([PeerAddress]) async -> Void
    private let changed: @Sendable ([TrackerStatus]) async -> Void

    private var generator = SystemRandomNumberGenerator()
    private var tiers: TrackerTiers
    private var statuses: [String: TrackerStatus] = [:]
    private var timer = AnnounceTimer()
    private var trackerIDs: [String: [UInt8]] = [:]
    /// The same for every tracker and address, so that a tracker knows us again at another address.
    private let key: [UInt8]
    /// When each tracker was last asked for the numbers of the torrent.
    private var scrapes: [String: Duration] = [:]
    /// Trackers that heard `started` from us and are owed a `stopped`.
    private var greeted: Set<String> = []
    private var isCompleted = false
    private var attempts = 0
    /// A time before that of the timer: we are short of peers.
    private var sooner: Duration?
    private var loop: Task<Void, Never>?
    /// Stopped, maybe before it began: it does not begin any more.
    private var isEnded = false
    private var pause: Task<Void, Never>?
    /// Woken while an announce was under way: the pause after it is left out.
    private var isDue = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    package init(
        tiers: [[String]],
        client: TrackerClient,
        logger: Logger,
        request: @escaping Request,
        found: @escaping @Sendable ([PeerAddress]) async -> Void,
        changed: @escaping @Sendable ([TrackerStatus]) async -> Void
    ) {
        self.client = client
        self.logger = logger
        self.request = request
        self.found = found
        self.changed = changed
        var generator = SystemRandomNumberGenerator()
        key = Array(Hexadecimal.encode((0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }).utf8)
        self.tiers = TrackerTiers(tiers, using: &generator)
        for (number, tier) in self.tiers.tiers.enumerated() {
            for url in tier { statuses[url] = TrackerStatus(url: url, tier: number) }
        }
    }

    /// Begins to announce; a torrent without trackers has nothing to do here.
    package func start() {
        guard loop == nil, !isEnded else { return }
        loop = Task { [weak self] in
            while !Task.isCancelled, let self, await self.round() {}
        }
    }

    /// Announces `completed`, at once.
    package func completed() {
        isCompleted = true
        wake()
    }

    /// Announces now, if no tracker's minimum interval forbids it, and waits for the outcome.
    package func announceNow() async {
        guard loop != nil, timer.mayAnnounceNow(at: now) else { return }
        wake()
        await nextAttempt(within: TrackerClient.deadline)
    }

    /// Announces at once to a tracker that was started anew and may have forgotten us; no minimum interval holds for it.
    package func restarted(_ url: String) {
        guard loop != nil, statuses[url] != nil else { return }
        wake()
    }

    /// Waits for the first attempt to be over, at most for `limit`.
    package func firstAttempt(within limit: Duration) async {
        guard attempts == 0, !tiers.order.isEmpty else { return }
        await nextAttempt(within: limit)
    }

    package func add(_ more: [[String]]) {
        guard tiers.append(more, using: &generator) else { return }
        for (number, tier) in tiers.tiers.enumerated() {
            for url in tier where statuses[url] == nil { statuses[url] = TrackerStatus(url: url, tier: number) }
        }
        wake()
    }

    /// Ends, and tells the trackers that know us; takes at most four seconds.
    package func stop() async {
        isEnded = true
        loop?.cancel()
        loop = nil
        wake()
        resumeWaiters()
        let owed = greeted
        greeted = []
        guard !owed.isEmpty, var farewell = await request(.stopped) else { return }
        farewell.numwant = 0
        farewell.key = key
        await withTaskGroup(of: Void.self) { group in
            for url in owed {
                var message = farewell
                message.trackerID = trackerIDs[url]
                group.addTask { [client] in
                    await client.announceEverywhere(to: url, message, deadline: TrackerClient.stoppedDeadline)
                }
            }
        }
    }

    // MARK: - Rounds

    /// With fewer peers than this, a leecher asks again as soon as the tracker allows.
    private static let fewPeers = 10

    private var delay: Duration { min(timer.delay(at: now), sooner.map { max(.zero, $0 - now) } ?? .seconds(86_400)) }

    private var now: Duration { ContinuousClock.now - Self.origin }
    private static let origin = ContinuousClock.now

    /// One announce and the pause after it; returns whether to go on.
    private func round() async -> Bool {
        isDue = false
        await announce()
        attempts += 1
        resumeWaiters()
        await report()
        guard !Task.isCancelled, loop != nil else { return false }
        guard !isDue else { return true }
        let delay = tiers.order.isEmpty ? .seconds(86_400) : delay
        let pause = Task { _ = try? await Task.sleep(for: delay) }
        self.pause = pause
        await pause.value
        return loop != nil
    }

    private func announce() async {
        for url in tiers.order {
            let event: AnnounceEvent = !greeted.contains(url) ? .started : isCompleted ? .completed : .none
            guard loop != nil, var message = await request(event) else { return }
            message.trackerID = trackerIDs[url]
            message.key = key
            do throws(AnnounceFailure) {
                let answer = try await client.announce(to: url, message) { [weak self] answer in
                    await self?.takeLater(answer)
                }
                await take(answer, from: url, message)
                return
            } catch {
                guard loop != nil else { return }
                statuses[url]?.failed(error)
                logger.info("announce failed", metadata: ["reason": "\(error)"])
            }
        }
        guard !tiers.order.isEmpty else { return }
        timer.failed(at: now, using: &generator)
        sooner = nil
        setNext(for: tiers.order.first)
    }

    private func take(_ answer: AnnounceResponse, from url: String, _ message: AnnounceRequest) async {
        guard loop != nil else {
            // Stopped meanwhile: this tracker has just heard of us, and nobody would tell it otherwise.
            greeted.insert(url)
            return await stop()
        }
        greeted.insert(url)
        if message.event == .completed { isCompleted = false }
        tiers.answered(url)
        if let id = answer.trackerID { trackerIDs[url] = id }
        statuses[url]?.answered(answer)
        timer.answered(answer, at: now, using: &generator)
        let pause = answer.minInterval ?? min(answer.interval, 300)
        let isShort = message.left > 0 && answer.peers.count < Self.fewPeers
        sooner = isShort ? now + .seconds(max(pause, AnnounceResponse.intervals.lowerBound)) : nil
        setNext(for: url)
        scrapeIfDue(url, message.infoHash)
        await found(answer.peers.map(\.address))
    }

    /// The tracker's other address has answered too: its peers are of the other family.
    private func takeLater(_ answer: AnnounceResponse) async {
        guard loop != nil else { return }
        await found(answer.peers.map(\.address))
    }

    /// The counts of a scrape are good for so long.
    private static let scrapePause = Duration.seconds(1_800)

    /// Asks for what an announce does not tell: how often the torrent was downloaded.
    ///
    /// Nothing depends on the answer.
    private func scrapeIfDue(_ url: String, _ infoHash: InfoHash) {
        if let last = scrapes[url], now - last < Self.scrapePause { return }
        scrapes[url] = now
        Task { [weak self, client, logger] in
            do throws(AnnounceFailure) {
                guard let torrent = try await client.scrape(url, infoHash) else { return }
                await self?.scraped(torrent, by: url)
            } catch {
                logger.debug("scrape failed", metadata: ["reason": "\(error)"])
            }
        }
    }

    private func scraped(_ torrent: ScrapeResponse.Torrent, by url: String) async {
        guard loop != nil else { return }
        statuses[url]?.scraped(torrent)
        await report()
    }

    private func setNext(for url: String?) {
        for key in statuses.keys { statuses[key]?.next = nil }
        guard let url else { return }
        statuses[url]?.next = .now + delay
    }

    private func report() async {
        await changed(tiers.order.compactMap { statuses[$0] })
    }

    // MARK: - Waiting

    private func wake() {
        isDue = true
        pause?.cancel()
        pause = nil
    }

    private func nextAttempt(within limit: Duration) async {
        let alarm = Task { [weak self] in
            do { try await Task.sleep(for: limit) } catch { return }
            await self?.resumeWaiters()
        }
        await withCheckedContinuation { waiters.append($0) }
        alarm.cancel()
    }

    private func resumeWaiters() {
        for waiter in waiters { waiter.resume() }
        waiters = []
    }
}
