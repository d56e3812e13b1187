/// Whom a seeder serves.
package enum SeedChoking: Hashable, Sendable {
    /// Who takes blocks fastest: most is given away.
    case fastestUpload
    /// Everybody in turns: after ``EngineSettings/turnLength`` bytes the one that waited longest is next.
    case roundRobin
    /// Who has hardly anything or nearly everything: those in between can trade, and leave soon once they have all.
    case antiLeech
}

/// Whom to unchoke: tit for tat, and one by lot.
///
///     interested peers, best first     1 2 3 4 5 6 7 8 │ 9 … n
///                                      regular slots   │ one of these by lot, another every 30 s
///
/// A leecher ranks peers by what they give it, a seeder as ``SeedChoking`` says. Slots that are free are given away at
/// once, not at the next round: a transfer begins when somebody wants it. The slot of a peer that asks for nothing is free.
///
/// Source: BEP 3, "choking"; Cohen, "Incentives Build Robustness in BitTorrent" (2003).
struct Choker: Sendable {
    struct Candidate: Hashable, Sendable {
        let key: PeerKey
        let isInterested: Bool
        /// It owes us blocks and does not send them: no slot for what it once gave.
        var isSnubbed = false
        var isUnchoked = false
        /// It has connected just now.
        var isNew = false
        /// Bytes a second: from the peer when we leech, to the peer when we seed.
        var rate = 0.0
        /// 0…1: how much of the torrent it has.
        var progress = 0.0
        /// Bytes that it got since it was last unchoked.
        var sentInTurn = 0
        /// Since when it has been choked.
        var waitsSince = EngineTime.zero
    }

    /// A newcomer, which has nothing to give yet, is drawn this many times as often as another: BEP 3.
    static let newcomerWeight = 3
    /// A peer that held its slot for so many rounds in which nothing moved has had its turn.
    private static let wastedTurn = 2

    private var rechokeAt = EngineTime.zero
    private var drawAt = EngineTime.zero
    private var drawn: [PeerKey] = []
    /// Rounds in which a peer had a slot and nothing moved.
    private var idleRounds: [PeerKey: Int] = [:]

    /// Whether there is a free slot; `taken` counts the peers that make use of theirs.
    func admits(taken: Int, by settings: EngineSettings) -> Bool {
        taken < settings.uploadSlots + settings.optimisticSlots
    }

    /// Whether nothing moved while the peer had its last slot: the next one it gets at a round.
    func wasIdle(_ key: PeerKey) -> Bool { idleRounds[key, default: 0] > 0 }

    /// Whether a peer has its slot by lot.
    func isOptimistic(_ key: PeerKey) -> Bool { drawn.contains(key) }

    func isDue(at now: EngineTime) -> Bool { now >= rechokeAt }

    /// The peers to be unchoked until the next round; all others are to be choked.
    mutating func rechoke(
        _ candidates: [Candidate],
        isSeeding: Bool = false,
        by settings: EngineSettings,
        at now: EngineTime,
        using generator: inout some RandomNumberGenerator
    ) -> [PeerKey] {
        rechokeAt = now + settings.rechokeInterval
        let wanting = candidates.filter(\.isInterested)
        countIdleRounds(of: candidates)
        let merits = Dictionary(
            uniqueKeysWithValues: wanting.map {
                ($0.key, isSeeding ? seedingMerit(of: $0, by: settings, at: now) : $0.rate)
            }
        )
        let ranked = wanting.filter { !$0.isSnubbed }.sorted { left, right in
            let merit = (left: merits[left.key] ?? 0, right: merits[right.key] ?? 0)
            guard merit.left == merit.right else { return merit.left > merit.right }
            // Peers that hold a slot and do nothing with it make place, or a few dozen of them shut everybody else out.
            let idle = (left: idleRounds[left.key] ?? 0, right: idleRounds[right.key] ?? 0)
            guard idle.left == idle.right else { return idle.left < idle.right }
            // Who has a slot keeps it against an equal, or peers would be choked and unchoked in turns.
            return left.isUnchoked && !right.isUnchoked
        }
        let regular = ranked.prefix(settings.uploadSlots).map(\.key)
        let others = wanting.filter { !regular.contains($0.key) }
        drawn.removeAll { key in !others.contains { $0.key == key } }
        let isTime = now >= drawAt
        if isTime { drawAt = now + settings.optimisticInterval }
        let count = isTime ? settings.optimisticSlots : settings.optimisticSlots - drawn.count
        let fresh = draw(count, of: others.filter { !drawn.contains($0.key) }, using: &generator)
        drawn = Array((fresh + drawn).prefix(settings.optimisticSlots))
        return regular + drawn
    }

    private func draw(
        _ count: Int,
        of others: [Candidate],
        using generator: inout some RandomNumberGenerator
    ) -> [PeerKey] {
        var tickets = others.flatMap { repeatElement($0.key, count: $0.isNew ? Self.newcomerWeight : 1) }
        var winners: [PeerKey] = []
        while winners.count < count, let winner = tickets.randomElement(using: &generator) {
            winners.append(winner)
            tickets.removeAll { $0 == winner }
        }
        return winners
    }

    /// What counts for a slot when we seed; the highest get one.
    private func seedingMerit(of candidate: Candidate, by settings: EngineSettings, at now: EngineTime) -> Double {
        switch settings.seedChoking {
        case .fastestUpload:
            candidate.rate
        case .antiLeech:
            abs(candidate.progress - 0.5)
        case .roundRobin where candidate.isUnchoked:
            candidate.sentInTurn < settings.turnLength && (idleRounds[candidate.key] ?? 0) < Self.wastedTurn
                ? .infinity : 0
        case .roundRobin:
            max(now.seconds - candidate.waitsSince.seconds, 0)
        }
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
