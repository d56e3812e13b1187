import BitTorrentTypes
import PeerWire

/// What we told one peer that we have, while we super-seed.
struct RevealedPieces: Sendable {
    private var pieces: Bitfield
    /// The last one: the next follows when it has spread.
    private(set) var latest: PieceIndex?
    private(set) var revealedAt = EngineTime.zero

    init(pieceCount: Int) {
        pieces = Bitfield(pieceCount: pieceCount)
    }

    func contains(_ piece: PieceIndex) -> Bool { pieces.contains(piece) }

    mutating func insert(_ piece: PieceIndex, at now: EngineTime) {
        pieces.insert(piece)
        latest = piece
        revealedAt = now
    }
}

// Super-seeding, BEP 16: we pass for a peer that has nothing, and let each peer know of one piece at a time.
//
//     reveal(piece) ──▶ the peer fetches it ──▶ another has it too (or lacks it no more) ──▶ reveal(next)
//
// So the first copy of a torrent goes out little more than once. It is for a lone seeder of something new; when it has
// served its end is for a person to say.

extension TorrentEngine {
    /// Whether new peers are shown one piece after another; it means something only once we have every piece.
    package var isSuperSeeding: Bool { revealCounts != nil }

    /// Peers that are connected already know what we have, and go on as before.
    package mutating func setSuperSeeding(
        _ isOn: Bool,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard isOn != isSuperSeeding else { return }
        revealCounts = isOn ? Array(repeating: 0, count: layout.pieceCount) : nil
        pieceRound.beginAnew()
        guard !isOn else { return }
        for place in peers.indices {
            guard let revealed = peers[place].revealed else { continue }
            peers[place].revealed = nil
            for piece in layout.pieces where !revealed.contains(piece) && verified.contains(piece) {
                send(.have(piece), to: place, at: now, into: &actions)
            }
        }
    }

    var hidesPieces: Bool { isSuperSeeding && isComplete }

    /// Shows a new peer nothing, and then the first piece.
    mutating func hidePieces(from place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        peers[place].revealed = RevealedPieces(pieceCount: layout.pieceCount)
        if peers[place].isFast { send(.haveNone, to: place, at: now, into: &actions) }
    }

    /// Shows every peer the next piece whose last one has spread.
    mutating func revealNext(at now: EngineTime, into actions: inout [TorrentAction]) {
        guard isSuperSeeding else { return }
        for place in peers.indices {
            guard let revealed = peers[place].revealed else { continue }
            if let latest = revealed.latest, !hasSpread(latest, from: place) {
                // A peer whose piece nobody else wants or gets must not wait for ever.
                let isPatient = now - revealed.revealedAt <= settings.superSeedingPatience
                if isPatient || !peers[place].has.contains(latest) { continue }
            }
            reveal(to: place, at: now, into: &actions)
        }
    }

    /// Whether the peer has the piece and another has it too, or there is no other.
    ///
    /// Others alone do not count: a piece that is everywhere would be "spread" at once, and all be shown in a moment.
    private func hasSpread(_ piece: PieceIndex, from place: Int) -> Bool {
        guard peers[place].has.contains(piece) else { return false }
        let others = peers.indices.filter { $0 != place }
        return others.isEmpty || others.contains { peers[$0].has.contains(piece) }
    }

    private mutating func reveal(to place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard let piece = pieceToReveal(to: place, at: now) else { return }
        revealCounts?[piece.rawValue] &+= 1
        peers[place].revealed?.insert(piece, at: now)
        send(.have(piece), to: place, at: now, into: &actions)
        if peers[place].isFast { send(.suggest(piece), to: place, at: now, into: &actions) }
    }

    /// A piece that nobody has or was shown; then one whose peer does not fetch it, and only when there is none of both,
    /// and none on its way, the one that fewest have.
    private mutating func pieceToReveal(to place: Int, at now: EngineTime) -> PieceIndex? {
        guard let counts = revealCounts, let revealed = peers[place].revealed else { return nil }
        var round = pieceRound
        let fresh = round.find(in: layout) { piece in
            counts[piece.rawValue] == 0 && picker.rarity.availability(of: piece) == 0
        }
        pieceRound = round
        if let fresh { return fresh }
        var isUnderWay = false
        for other in peers.indices where other != place {
            guard let latest = peers[other].revealed?.latest, picker.rarity.availability(of: latest) == 0 else {
                continue
            }
            if !isFetching(other, at: now), !revealed.contains(latest) { return latest }
            isUnderWay = true
        }
        guard !isUnderWay else { return nil }
        let has = peers[place].has
        return layout.pieces.lazy.filter { !has.contains($0) && !revealed.contains($0) }
            .min { picker.rarity.availability(of: $0) < picker.rarity.availability(of: $1) }
    }

    /// Whether a peer is about to have the piece that it was shown.
    private func isFetching(_ place: Int, at now: EngineTime) -> Bool {
        guard !peers[place].state.amChoking, let revealed = peers[place].revealed else { return false }
        return now - max(revealed.revealedAt, peers[place].unchokedAt) < settings.snubAfter
    }

    /// What only a peer that is gone was shown may be shown to another.
    mutating func forgetRevealed(to place: Int) {
        guard let latest = peers[place].revealed?.latest, let count = revealCounts?[latest.rawValue] else { return }
        revealCounts?[latest.rawValue] = max(count, 1) - 1
        pieceRound.beginAnew()
    }
}
