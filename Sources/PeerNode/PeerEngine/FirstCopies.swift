import BitTorrentTypes

/// What a seeder has suggested to one peer, and what that peer has begun to fetch from it.
struct Errands: Sendable {
    /// A peer that began so many other pieces while it had suggestions takes none.
    private static let patience = 16
    /// Pieces kept in mind of a peer that says of none that it has it now.
    private static let capacity = 64

    /// Suggested and not asked for yet.
    private(set) var open: [PieceIndex] = []
    /// Asked for, and not there yet as far as we know.
    private var begun: [PieceIndex] = []
    /// The piece of the last request: most requests go on with it.
    private(set) var latest: PieceIndex?
    private var ignored = 0

    /// Whether it is worth suggesting anything.
    var takesSuggestions: Bool { ignored < Self.patience }

    func include(_ piece: PieceIndex) -> Bool { open.contains(piece) || begun.contains(piece) }

    mutating func suggest(_ piece: PieceIndex) { open.append(piece) }

    /// The peer asks for blocks of a piece; returns whether it began it just now.
    mutating func ask(for piece: PieceIndex) -> Bool {
        latest = piece
        guard !begun.contains(piece) else { return false }
        if begun.count >= Self.capacity { begun.removeFirst() }
        begun.append(piece)
        if let place = open.firstIndex(of: piece) {
            open.remove(at: place)
            ignored = 0
        } else if !open.isEmpty {
            ignored += 1
            if !takesSuggestions { open.removeAll() }
        }
        return true
    }

    mutating func finish(_ piece: PieceIndex) {
        guard include(piece) else { return }
        open.removeAll { $0 == piece }
        begun.removeAll { $0 == piece }
    }

    /// The peer fetches nothing more for now; returns whether it had something to fetch.
    mutating func end() -> Bool {
        defer {
            open.removeAll()
            begun.removeAll()
            latest = nil
        }
        return !open.isEmpty || !begun.isEmpty
    }
}

/// Goes round the pieces of a torrent, to find those that are to leave a seeder first.
///
///     piece    0 1 2 3 4 5 6 7
///              ■ ■ ▢ ▢ · · · ·        ■ some peer has it   ▢ a peer is fetching it   · the next to be suggested
///                      ▲ next
struct PieceRound: Sendable {
    private let pieceCount: Int
    private var next: Int
    private var left: Int

    /// Begins anywhere, so that two seeders do not suggest the same.
    init(pieceCount: Int, using generator: inout some RandomNumberGenerator) {
        self.pieceCount = pieceCount
        next = Int.random(in: 0..<pieceCount, using: &generator)
        left = pieceCount
    }

    /// Pieces that were passed may be wanted again.
    mutating func beginAnew() { left = pieceCount }

    /// The next piece that `suits`; `nil` when a whole round found none.
    mutating func find(in layout: PieceLayout, where suits: (PieceIndex) -> Bool) -> PieceIndex? {
        while left > 0 {
            let piece = layout.piece(next)
            next = (next + 1) % pieceCount
            left -= 1
            if let piece, suits(piece) { return piece }
        }
        return nil
    }
}
