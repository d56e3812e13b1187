import BitTorrentTypes

/// The addresses of a torrent's peers, and when to dial each again.
///
/// A dial that fails is tried again after 1, 2, 4 … seconds, at most ten minutes (thirty seconds for an address that a
/// person named), each lengthened by up to a quarter by lot, so that a swarm does not dial in step.
struct AddressBook: Sendable {
    enum End: Hashable {
        /// It worked for a while: begin again with short waits.
        case fruitful
        case failed
        /// Both sides are complete.
        case redundant
        /// It gave nothing, and others were waiting.
        case useless
        /// We are there already.
        case duplicate
        /// It is ourselves, or a liar.
        case never
    }

    private enum State {
        case free
        case dialling
        case connected
        case never
    }

    private struct Entry {
        let address: PeerAddress
        var source: AddressSource
        var state = State.free
        var failures = 0
        var nextTry = EngineTime.zero
        var isSeed = false
        /// How much the swarm prefers a connection to it, once that was asked for.
        var rank: UInt32?

        func isDue(at now: EngineTime, _ skippingSeeds: Bool) -> Bool {
            state == .free && nextTry <= now && !(skippingSeeds && isSeed)
        }
    }

    private static let longestExponent = 10
    private static let longestWait = 600.0
    private static let longestWaitForUser = 30.0
    private static let redundantWait = Duration.seconds(300)
    private static let uselessWait = Duration.seconds(600)
    private static let duplicateWait = Duration.seconds(120)

    private let capacity: Int
    private var entries: [Entry] = []
    private var places: [PeerAddress: Int] = [:]
    private(set) var dialling = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { entries.count }

    /// Who told us an address; `nil` when it is not in mind any more.
    func source(of address: PeerAddress) -> AddressSource? { places[address].map { entries[$0].source } }

    /// Takes an address in mind; returns whether it is kept.
    ///
    /// What names no single host is refused, and when the book is full, an address that failed before gives way.
    @discardableResult
    mutating func learn(_ address: PeerAddress, from source: AddressSource) -> Bool {
        if let place = places[address] {
            if source == .user { entries[place].source = .user }
            return true
        }
        guard address.port > 0, Self.isHost(address.ip) else { return false }
        let entry = Entry(address: address, source: source)
        if entries.count < capacity {
            places[address] = entries.count
            entries.append(entry)
            return true
        }
        guard let place = entries.firstIndex(where: { $0.state == .free && $0.failures > 0 && $0.source != .user })
        else { return false }
        places[entries[place].address] = nil
        places[address] = place
        entries[place] = entry
        return true
    }

    /// Whether there is an address to dial now.
    func hasDue(at now: EngineTime, skippingSeeds: Bool) -> Bool {
        entries.contains { $0.isDue(at: now, skippingSeeds) }
    }

    /// Up to `count` addresses to dial now, those of a person first; they count as being dialled.
    ///
    /// When there are more, those of the highest `rank` are taken, which the book keeps in mind.
    mutating func due(
        _ count: Int,
        at now: EngineTime,
        skippingSeeds: Bool,
        isOpen: (PeerAddress) -> Bool = { _ in true },
        rank: (PeerAddress) -> UInt32? = { _ in nil }
    ) -> [PeerAddress] {
        var due: [PeerAddress] = []
        for source in [AddressSource.user, .tracker] where due.count < count {
            var places = entries.indices.filter { place in
                let entry = entries[place]
                return entry.source == source && entry.isDue(at: now, skippingSeeds) && isOpen(entry.address)
            }
            if places.count > count - due.count {
                for place in places where entries[place].rank == nil {
                    entries[place].rank = rank(entries[place].address)
                }
                // Of equals the one that was learned first.
                places.sort { (entries[$1].rank ?? 0, $0) < (entries[$0].rank ?? 0, $1) }
            }
            for place in places.prefix(count - due.count) {
                entries[place].state = .dialling
                dialling += 1
                due.append(entries[place].address)
            }
        }
        return due
    }

    /// Ranks mean something else from now on.
    mutating func forgetRanks() {
        for place in entries.indices { entries[place].rank = nil }
    }

    /// A connection to the peer that listens there is up, whoever dialled.
    mutating func connected(_ address: PeerAddress) {
        guard let place = places[address], entries[place].state != .never else { return }
        leaveDialling(place)
        entries[place].state = .connected
    }

    /// A dial or a connection came to its end.
    mutating func ended(
        _ address: PeerAddress,
        _ end: End,
        at now: EngineTime,
        using generator: inout some RandomNumberGenerator
    ) {
        guard let place = places[address], entries[place].state != .never else { return }
        leaveDialling(place)
        entries[place].state = end == .never ? .never : .free
        switch end {
        case .fruitful: entries[place].failures = 0
        case .failed: entries[place].failures = min(entries[place].failures + 1, Self.longestExponent)
        case .redundant: entries[place].isSeed = true
        case .duplicate, .useless, .never: break
        }
        entries[place].nextTry = now + wait(after: end, entries[place], using: &generator)
    }

    /// Peers that have everything are wanted again: they may be dialled at once.
    mutating func welcomeSeeds(at now: EngineTime) {
        for place in entries.indices where entries[place].isSeed {
            entries[place].nextTry = min(entries[place].nextTry, now)
        }
    }

    private func wait(
        after end: End,
        _ entry: Entry,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        switch end {
        case .redundant: return Self.redundantWait
        case .duplicate: return Self.duplicateWait
        case .useless: return Self.uselessWait
        case .never: return .zero
        case .fruitful, .failed:
            let longest = entry.source == .user ? Self.longestWaitForUser : Self.longestWait
            let seconds = min(Double(1 << max(entry.failures - 1, 0)), longest)
            return .seconds(seconds * Double.random(in: 1...1.25, using: &generator))
        }
    }

    private mutating func leaveDialling(_ place: Int) {
        if entries[place].state == .dialling { dialling -= 1 }
    }

    /// Not 0.0.0.0, multicast or broadcast.
    private static func isHost(_ ip: IPAddress) -> Bool {
        switch ip {
        case .v4(let word): word >> 24 != 0 && word >> 28 < 0xE
        case .v6(let high, _): !ip.isUnspecified && high >> 56 != 0xFF
        }
    }
}
