package import BitTorrentTypes
package import NIOCore
package import TrackerWire

/// Asks trackers, over HTTP and UDP, at an IPv4 and an IPv6 address when they have both and we listen on both.
///
/// - Source: BEP 3, 7, 15, 23, 48.
package struct TrackerClient: Sendable {
    /// For a UDP tracker it is ``UDPTrackerSession/patience``.
    package static let deadline = Duration.seconds(15)
    /// For the last announce: a process has five seconds to end in order.
    package static let stoppedDeadline = Duration.seconds(4)

    /// A tracker at one of its addresses.
    private struct Place: Sendable {
        let url: String
        let tracker: TrackerAddress
        let ip: IPAddress

        var address: PeerAddress { PeerAddress(ip: ip, port: tracker.port) }
    }

    private let http: TrackerHTTP
    private let sockets: UDPTrackerSockets
    private let lookup: HostLookup
    /// Of the addresses where we listen: a tracker tells others the address from which it was asked.
    private let families: Set<IPFamily>

    /// A client of its own connections; end it with ``shutdown()``.
    package init(
        group: any EventLoopGroup,
        families: Set<IPFamily> = Set(IPFamily.allCases),
        lookup: HostLookup = HostLookup()
    ) {
        http = TrackerHTTP(group: group, lookup: lookup)
        sockets = UDPTrackerSockets(loop: group.next())
        self.lookup = lookup
        self.families = families
    }

    package func shutdown() async throws {
        try await sockets.close()
        try await http.shutdown()
    }

    /// Announces, and returns the first good answer; a tracker that has two addresses gives `later` the other one.
    package func announce(
        to url: String,
        _ request: AnnounceRequest,
        deadline: Duration? = nil,
        later: @escaping @Sendable (AnnounceResponse) async -> Void = { _ in }
    ) async throws(AnnounceFailure) -> AnnounceResponse {
        let limit = deadline ?? Self.patience(of: url)
        let places = try await places(of: url, within: limit)
        let (outcomes, ended) = AsyncStream.makeStream(of: Result<AnnounceResponse, AnnounceFailure>.self)
        for place in places {
            Task { ended.yield(await self.outcome(of: place, request, within: limit)) }
        }
        var rest = places.count
        var failure = AnnounceFailure.unsupported(url: url)
        var iterator = outcomes.makeAsyncIterator()
        while rest > 0, let outcome = await iterator.next() {
            rest -= 1
            switch outcome {
            case .success(let response):
                guard rest > 0 else { return response }
                let remaining = rest
                Task {
                    var count = 0
                    for await outcome in outcomes {
                        if case .success(let response) = outcome { await later(response) }
                        count += 1
                        if count == remaining { return }
                    }
                }
                return response
            case .failure(let error):
                failure = error
            }
        }
        throw failure
    }

    /// Announces to every address of the tracker, and waits until each has answered or the time is over.
    package func announceEverywhere(to url: String, _ request: AnnounceRequest, deadline: Duration) async {
        let places: [Place]
        do throws(AnnounceFailure) { places = try await self.places(of: url, within: deadline) } catch { return }
        await withTaskGroup(of: Void.self) { group in
            for place in places { group.addTask { _ = await outcome(of: place, request, within: deadline) } }
        }
    }

    /// Asks for the numbers of a torrent; `nil` when the tracker takes no scrapes or does not know the torrent.
    package func scrape(_ url: String, _ infoHash: InfoHash) async throws(AnnounceFailure) -> ScrapeResponse.Torrent? {
        guard let scrapeURL = TrackerAddress.scrapeURL(for: url) else { return nil }
        let limit = Self.patience(of: url)
        guard let place = try await places(of: scrapeURL, within: limit).first else { return nil }
        guard place.tracker.scheme == .udp else {
            let request = ScrapeRequest(infoHashes: [infoHash])
            let (status, bytes) = try await http.get(request.url(scrape: scrapeURL), from: place.ip, within: limit)
            return try Self.read(bytes, status) { (bytes) throws(TrackerReplyError) in
                try ScrapeResponse.parse(bytes).torrents[infoHash]
            }
        }
        let reply = try await sockets.ask(.scrape([infoHash]), of: place.address, patience: limit)
        switch reply {
        case .scraped(let torrents): return torrents.first
        case .refused(let reason): throw .refused(reason)
        case .connected, .announced: throw .malformed("no scrape")
        }
    }

    // MARK: - One address

    private func outcome(
        of place: Place,
        _ request: AnnounceRequest,
        within limit: Duration
    ) async -> Result<AnnounceResponse, AnnounceFailure> {
        do throws(AnnounceFailure) {
            return .success(try await ask(place, request, within: limit))
        } catch {
            return .failure(error)
        }
    }

    private func ask(
        _ place: Place,
        _ request: AnnounceRequest,
        within limit: Duration
    ) async throws(AnnounceFailure) -> AnnounceResponse {
        guard place.tracker.scheme == .udp else {
            let (status, bytes) = try await http.get(request.url(tracker: place.url), from: place.ip, within: limit)
            return try Self.read(bytes, status, AnnounceResponse.parse)
        }
        let question = UDPTrackerSession.Question.announce(request, target: place.tracker.target)
        switch try await sockets.ask(question, of: place.address, patience: limit) {
        case .announced(let response): return response
        case .refused(let reason): throw .refused(reason)
        case .connected, .scraped: throw .malformed("no answer to an announce")
        }
    }

    /// The first address of each family in which we listen; any other only when there is none.
    private func places(of url: String, within limit: Duration) async throws(AnnounceFailure) -> [Place] {
        guard let tracker = TrackerAddress(url) else { throw .unsupported(url: url) }
        let addresses: [IPAddress]
        do throws(HostLookup.Failure) {
            addresses = try await lookup.addresses(of: tracker.host, within: limit)
        } catch {
            throw .unreachable(error.reason)
        }
        let usable = addresses.filter { !$0.isLinkLocal }
        guard let first = usable.first else {
            guard let address = addresses.first else { throw .unreachable("the name has no address") }
            throw .badAddress(address)
        }
        let chosen = IPFamily.allCases.filter(families.contains).compactMap { family in
            usable.first { $0.family == family }
        }
        // With TLS the connection is made by name, to whichever address answers first.
        let places = chosen.isEmpty || tracker.scheme == .https ? [first] : chosen
        return places.map { Place(url: url, tracker: tracker, ip: $0) }
    }

    private static func patience(of url: String) -> Duration {
        TrackerAddress(url)?.scheme == .udp ? UDPTrackerSession.patience : deadline
    }

    private static func read<Answer>(
        _ bytes: [UInt8],
        _ status: Int,
        _ parse: ([UInt8]) throws(TrackerReplyError) -> Answer
    ) throws(AnnounceFailure) -> Answer {
        do throws(TrackerReplyError) {
            return try parse(bytes)
        } catch {
            // Some trackers say no with a status and a bencoded reason; without one the status says more.
            if case .failure(let reason) = error { throw .refused(reason) }
            guard (200..<300).contains(status) else { throw .status(status) }
            throw .malformed(String(describing: error))
        }
    }
}
