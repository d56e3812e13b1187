import BitTorrentTypes
import CDoorSockets
import TrackerEngine
import TrackerWire

/// What one loop serves requests with: memory that is used again, and the moment and the rules of its round.
final class TrackerDesk {
    private let swarms: Swarms
    private let gate: AnnounceGate
    private let selection = PeerSelection()
    @exclusivity(unchecked) private var generator: QuickGenerator
    @exclusivity(unchecked) private(set) var rules: AccessRules
    @exclusivity(unchecked) private(set) var second: UInt32

    init(swarms: Swarms, gate: AnnounceGate) {
        self.swarms = swarms
        self.gate = gate
        var system = SystemRandomNumberGenerator()
        generator = QuickGenerator(seed: system.next())
        rules = gate.rules
        second = swarms.second
    }

    var intervalSeconds: Int { swarms.intervalSeconds }

    /// Begins a round: what follows happens at the same second under the same rules.
    func beginRound() {
        rules = gate.rules
        second = swarms.second
    }

    /// Serves an announce over UDP; `selection` has its peers, of the asker's own family.
    func announce(
        _ fields: UDPAnnounceFields,
        from ip: IPAddress,
        passkey: @autoclosure () -> [UInt8]?
    ) throws(AnnounceRefusal) -> (counts: SwarmCounts, peers: UnsafeRawBufferPointer) {
        try rules.check(ip)
        try rules.check(passkey: passkey())
        let counts = try announce(PeerAnnounce(fields, key: fields.key, from: ip), ownFamilyOnly: true)
        return (counts, ip.isIPv6 ? selection.sixBytes : selection.fourBytes)
    }

    /// The way of an announce that needs no care, whatever its door; its peers are in `selection`.
    private func announce(_ announce: PeerAnnounce, ownFamilyOnly: Bool) throws(AnnounceRefusal) -> SwarmCounts {
        try rules.check(announce.infoHash)
        guard announce.address.port > 0 else { throw .outOfRange(field: "port") }
        var announce = announce
        announce.isAllowed = rules.allows(announce.infoHash)
        selection.wantsIDs = false
        selection.ownFamilyOnly = ownFamilyOnly
        return try swarms.announce(announce, at: second, random: generator.next(), into: selection)
    }

    /// Counts a request of `ip` against its budget.
    func take(_ ip: IPAddress) throws(AnnounceRefusal) { try gate.take(ip) }

    func scrape(_ infoHash: InfoHash) -> ScrapeResponse.Torrent {
        guard (try? rules.check(infoHash)) != nil, let counts = swarms.scrape(infoHash) else {
            return ScrapeResponse.Torrent(complete: 0, downloaded: 0, incomplete: 0)
        }
        return ScrapeResponse.Torrent(counts)
    }

    func countScrape() { swarms.scraped() }

    /// Serves a request over HTTP: writes the body of the answer, for which ``HTTPDoor/bodyCapacity`` is room, and gives its
    /// length.
    func answer(
        _ head: TrackerRequestHead,
        _ bytes: UnsafeRawBufferPointer,
        from source: IPAddress,
        to body: UnsafeMutableRawPointer
    ) -> Int {
        do throws(AnnounceRefusal) {
            let ip = rules.client(source, forwardedFor: String(decoding: bytes[head.forwardedFor], as: UTF8.self))
            try rules.check(ip)
            try rules.check(passkey: head.passkey.isEmpty ? nil : Array(bytes[head.passkey]))
            try gate.take(ip)
            let query = UnsafeRawBufferPointer(rebasing: bytes[head.query])
            switch head.kind {
            case .announce: return try announce(query, from: ip, to: body)
            case .scrape: return Self.copy(try scrape(query).encoded(), to: body)
            }
        } catch {
            return Self.copy(error.encoded(), to: body)
        }
    }

    private func announce(
        _ query: UnsafeRawBufferPointer,
        from ip: IPAddress,
        to body: UnsafeMutableRawPointer
    ) throws(AnnounceRefusal) -> Int {
        guard let fields = AnnounceFields(query: query), fields.compact,
            rules.trusted.isEmpty || !rules.trusted.contains(ip)
        else { return try announceCarefully(query, from: ip, to: body) }
        let key = PeerAnnounce.key(of: UnsafeRawBufferPointer(rebasing: query[fields.key]))
        let counts = try announce(PeerAnnounce(fields, key: key, from: ip), ownFamilyOnly: false)
        return AnnounceAnswer.write(
            interval: swarms.intervalSeconds,
            minInterval: TrackerEngine.minimumInterval,
            complete: counts.seeders,
            incomplete: counts.leechers,
            externalIP: ip,
            fours: selection.fourBytes,
            sixes: selection.sixBytes,
            to: body
        )
    }

    /// For what is odd, for the dictionary form, and for those whose word is taken.
    private func announceCarefully(
        _ query: UnsafeRawBufferPointer,
        from ip: IPAddress,
        to body: UnsafeMutableRawPointer
    ) throws(AnnounceRefusal) -> Int {
        let request = try AnnounceRequest.parse(query: query)
        let response = try swarms.announce(request, from: ip, through: gate)
        return Self.copy(response.encoded(compact: request.compact, noPeerID: request.noPeerID), to: body)
    }

    private func scrape(_ query: UnsafeRawBufferPointer) throws(AnnounceRefusal) -> ScrapeResponse {
        let request = try ScrapeRequest.parse(query: query)
        let rules = rules
        return swarms.scrape(ScrapeRequest(infoHashes: request.infoHashes.filter { (try? rules.check($0)) != nil }))
    }

    private static func copy(_ bytes: [UInt8], to body: UnsafeMutableRawPointer) -> Int {
        precondition(bytes.count <= HTTPDoor.bodyCapacity, "no answer is longer")
        bytes.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { body.copyMemory(from: start, byteCount: bytes.count) }
        }
        return bytes.count
    }
}

extension IPAddress {
    init(_ address: door_address) {
        self = address.is_ipv6 == 0 ? .v4(address.four) : .v6(high: address.high, low: address.low)
    }
}

extension door_address {
    init(_ ip: IPAddress, port: Int) {
        self.init()
        self.port = UInt16(truncatingIfNeeded: port)
        switch ip {
        case .v4(let word): four = word
        case .v6(let high, let low): (self.high, self.low, is_ipv6) = (high, low, 1)
        }
    }
}
