/// Whom to unchoke: tit for tat, and one by lot.
///
///     interested peers, best first     1 2 3 4 5 6 7 8 │ 9 … n
///                                      regular slots   │ one of these by lot, another every 30 s
///
/// A leecher ranks peers by what they give it, a seeder by how fast they take. Slots that are free are given away at
/// once, not at the next round: a transfer begins when somebody wants it.
///
/// Source: BEP 3, "choking"; Cohen, "Incentives Build Robustness in BitTorrent" (2003).
struct Choker: Sendable {
    struct Candidate: Hashable, Sendable {
        let key: PeerKey
        let isInterested: Bool
        /// It owes us blocks and does not send them: no slot for what it once gave.
        var isSnubbed = false
        var isUnchoked = false
        /// Bytes a second: from the peer when we leech, to the peer when we seed.
        var rate = 0.0
    }

    private let regularSlots: Int
    private let optimisticSlots: Int
    private let rechokeInterval: Duration
    private let optimisticInterval: Duration
    private var rechokeAt = EngineTime.zero
    private var drawAt = EngineTime.zero
    private var drawn: [PeerKey] = []
    /// Rounds in which a peer had a slot and nothing moved.
    private var idleRounds: [PeerKey: Int] = [:]

    init(settings: EngineSettings) {
        regularSlots = settings.uploadSlots
        optimisticSlots = settings.optimisticSlots
        rechokeInterval = settings.rechokeInterval
        optimisticInterval = settings.optimisticInterval
    }

    /// Whether a peer that has just become interested gets a free slot now; `taken` counts the unchoked and interested.
    func admits(taken: Int) -> Bool { taken < regularSlots + optimisticSlots }

    func isDue(at now: EngineTime) -> Bool { now >= rechokeAt }

    /// The peers to be unchoked until the next round; all others are to be choked.
    mutating func rechoke(
        _ candidates: [Candidate],
        at now: EngineTime,
        using generator: inout some RandomNumberGenerator
    ) -> [PeerKey] {
        rechokeAt = now + rechokeInterval
        let wanting = candidates.filter(\.isInterested)
        countIdleRounds(of: candidates)
        let ranked = wanting.filter { !$0.isSnubbed }.sorted { left, right in
            guard left.rate == right.rate else { return left.rate > right.rate }
            // Peers that hold a slot and do nothing with it make place, or a few dozen of them shut everybody else out.
            let idle = (left: idleRounds[left.key] ?? 0, right: idleRounds[right.key] ?? 0)
            guard idle.left == idle.right else { return idle.left < idle.right }
            // Who has a slot keeps it against an equal, or peers would be choked and unchoked in turns.
            return left.isUnchoked && !right.isUnchoked
        }
        let regular = ranked.prefix(regularSlots).map(\.key)
        let others = wanting.map(\.key).filter { !regular.contains($0) }
        drawn.removeAll { !others.contains($0) }
        if now >= drawAt {
            drawAt = now + optimisticInterval
            let fresh = others.filter { !drawn.contains($0) }
            drawn = Array((fresh.shuffled(using: &generator) + drawn).prefix(optimisticSlots))
        } else if drawn.count < optimisticSlots {
            let fresh = others.filter { !drawn.contains($0) }.shuffled(using: &generator)
            drawn += fresh.prefix(optimisticSlots - drawn.count)
        }
        return regular + drawn
    }

    private mutating func countIdleRounds(of candidates: [Candidate]) {
        var counts: [PeerKey: Int] = [:]
        for candidate in candidates where candidate.rate == 0 {
            let before = idleRounds[candidate.key] ?? 0
            counts[candidate.key] = candidate.isUnchoked ? before + 1 : before
        }
        idleRounds = counts
    }
}
