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

    /// Whether another peer has the piece, or none is there that lacks it and could get it from this one.
    private func hasSpread(_ piece: PieceIndex, from place: Int) -> Bool {
        let others = peers.indices.filter { $0 != place }
        if others.contains(where: { peers[$0].has.contains(piece) }) { return true }
        return others.isEmpty && peers[place].has.contains(piece)
    }

    /// The piece that fewest peers have or know of.
    private mutating func reveal(to place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard let counts = revealCounts, let revealed = peers[place].revealed else { return }
        let has = peers[place].has
        var best: (piece: PieceIndex, copies: Int)?
        for piece in layout.pieces where !has.contains(piece) && !revealed.contains(piece) {
            let copies = picker.rarity.availability(of: piece) + Int(counts[piece.rawValue])
            if copies < best?.copies ?? .max { best = (piece, copies) }
            if copies == 0 { break }
        }
        guard let piece = best?.piece else { return }
        revealCounts?[piece.rawValue] &+= 1
        peers[place].revealed?.insert(piece, at: now)
        send(.have(piece), to: place, at: now, into: &actions)
        if peers[place].isFast { send(.suggest(piece), to: place, at: now, into: &actions) }
    }
}
