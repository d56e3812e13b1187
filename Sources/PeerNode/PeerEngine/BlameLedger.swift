import BitTorrentTypes

/// Who is to blame for bad pieces.
///
///     bad piece ─┬─ one contributor ───────▶ banned: nobody else can have done it
///                └─ several contributors ──▶ each on parole: works alone, on pieces nobody else touches
///                                              ├─ its piece is good ──▶ trusted again
///                                              └─ its piece is bad ───▶ one contributor: banned
///
/// So a liar is found after its second bad piece at the latest, and a peer that only sent good blocks is never banned.
/// ``Evidence`` finds it without that, once the piece is good: it bans whose blocks were wrong and clears the others.
/// Contributors are remembered by address and peer id, because many peers may share one address; an address of which
/// several were banned is banned as a whole, unless it is this machine's.
struct BlameLedger: Sendable {
    struct Identity: Hashable, Sendable {
        let ip: IPAddress
        let peerID: PeerID
    }

    enum Verdict: Hashable {
        case banned(Contributor)
        case parole([Contributor])
    }

    private enum Standing {
        case trusted
        case parole
        case banned
    }

    /// So many banned contributors make their address banned.
    static let bansPerAddress = 3

    private var numbers: [Identity: Contributor] = [:]
    private var standings: [(identity: Identity, port: UInt16, standing: Standing)] = []
    private var bans: [IPAddress: Int] = [:]

    /// The number of a contributor, the same over all its connections; `port` is that of the first.
    mutating func contributor(_ identity: Identity, port: UInt16 = 0) -> Contributor {
        if let number = numbers[identity] { return number }
        let number = Contributor(truncatingIfNeeded: standings.count)
        numbers[identity] = number
        standings.append((identity, port, .trusted))
        return number
    }

    /// The number of somebody who has one.
    func known(_ identity: Identity) -> Contributor? { numbers[identity] }

    func identity(of contributor: Contributor) -> Identity { standings[Int(contributor)].identity }

    /// From where it first delivered.
    func address(of contributor: Contributor) -> PeerAddress {
        PeerAddress(ip: identity(of: contributor).ip, port: standings[Int(contributor)].port)
    }

    func isBanned(_ identity: Identity) -> Bool {
        if !identity.ip.isLoopback, bans[identity.ip, default: 0] >= Self.bansPerAddress { return true }
        return numbers[identity].map { isStanding(.banned, $0) } ?? false
    }

    func isOnParole(_ contributor: Contributor) -> Bool { isStanding(.parole, contributor) }

    /// A piece with blocks of these contributors was bad; they are at least one.
    mutating func pieceWasBad(_ contributors: [Contributor]) -> Verdict {
        guard contributors.count == 1 else {
            for contributor in contributors where isStanding(.trusted, contributor) { set(.parole, contributor) }
            return .parole(contributors)
        }
        ban(contributors[0])
        return .banned(contributors[0])
    }

    /// A piece was good; a suspect that delivered all of it is trusted again.
    mutating func pieceWasGood(_ contributors: [Contributor]) {
        guard contributors.count == 1, isOnParole(contributors[0]) else { return }
        set(.trusted, contributors[0])
    }

    /// A contributor sent wrong blocks, by evidence.
    mutating func ban(_ liar: Contributor) {
        guard !isStanding(.banned, liar) else { return }
        set(.banned, liar)
        bans[identity(of: liar).ip, default: 0] += 1
    }

    /// The blocks of a suspect were right, by evidence.
    mutating func clear(_ contributor: Contributor) {
        if isOnParole(contributor) { set(.trusted, contributor) }
    }

    private func isStanding(_ standing: Standing, _ contributor: Contributor) -> Bool {
        standings[Int(contributor)].standing == standing
    }

    private mutating func set(_ standing: Standing, _ contributor: Contributor) {
        standings[Int(contributor)].standing = standing
    }
}
