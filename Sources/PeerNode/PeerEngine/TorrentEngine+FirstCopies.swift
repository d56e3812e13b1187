import BitTorrentTypes
import PeerWire

// How the first copy leaves a seeder: every piece once before any of them twice.
//
//     no peer has it ──▶ suggested to one peer ──▶ asked for ──▶ that peer has it
//           ▲                      │                  │
//           └── choked, gone ──────┴──────────────────┘
//
// Peers that a seeder serves at once choose without knowing what the others have just asked it for. A suggestion tells each
// of them another piece: that is what BEP 6 has them for, "super-seeding without throughput reduction". Peers that do not
// understand it, or do not care, are served as ever.

extension TorrentEngine {
    /// Open suggestions of one peer: more than it begins at once.
    private static let openSuggestions = 4

    private var suggestsPieces: Bool { isComplete && !hidesPieces }

    /// Suggests pieces that nobody has or is fetching.
    mutating func suggestPieces(to place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        // One that is alone has nobody to agree with.
        guard suggestsPieces, peers.count > 1, peers[place].isFast, !peers[place].state.amChoking,
            peers[place].errands.takesSuggestions
        else { return }
        while peers[place].errands.open.count < Self.openSuggestions, let piece = findUncopied() {
            peers[place].errands.suggest(piece)
            send(.suggest(piece), to: place, at: now, into: &actions)
        }
    }

    /// A peer asks for blocks of another piece than before.
    mutating func pieceBegun(
        _ piece: PieceIndex,
        by place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard suggestsPieces, peers[place].errands.ask(for: piece) else { return }
        suggestPieces(to: place, at: now, into: &actions)
    }

    /// A peer fetches nothing more for now: others may be told what it was told.
    mutating func endErrands(of place: Int) {
        if peers[place].errands.end() { pieceRound.beginAnew() }
    }

    private mutating func findUncopied() -> PieceIndex? {
        var round = pieceRound
        defer { pieceRound = round }
        return round.find(in: layout) { piece in
            picker.rarity.availability(of: piece) == 0
                && !peers.indices.contains { peers[$0].errands.include(piece) }
        }
    }
}
