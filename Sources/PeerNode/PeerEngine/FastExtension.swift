import BitTorrentTypes

/// The pieces that a beginner may have of us while we choke it, each once.
///
/// - Source: BEP 6, "allowed fast".
struct FastGrant: Sendable {
    private(set) var pieces: [PieceIndex] = []
    private var bytesLeft = 0

    init() {}

    init(_ pieces: [PieceIndex], layout: PieceLayout) {
        self.pieces = pieces
        bytesLeft = pieces.reduce(0) { $0 + layout.length(of: $1) }
    }

    func allows(_ piece: PieceIndex) -> Bool { pieces.contains(piece) }

    /// Takes the range off the grant; returns whether it was in it.
    mutating func spend(_ range: BlockRange) -> Bool {
        guard allows(range.piece), range.length <= bytesLeft else { return false }
        bytesLeft -= range.length
        return true
    }
}

/// Tells the rejects that the protocol makes from those of a peer that gives nothing.
///
/// A peer that chokes us rejects all that we asked, and some do so before they say choke; what we took back is answered
/// too. Beyond that, a request of an unchoked peer is rejected for no good reason.
struct RejectCount: Sendable {
    /// Answers that are to come for requests we took back.
    private(set) var due = 0
    /// Rejects since the last block, of requests that counted.
    private(set) var count = 0
    /// How many of those one choke explains.
    private var explained = 0
    /// Rejects of what was neither asked nor taken back.
    private(set) var ofNothing = 0

    var unexplained: Int { max(count - explained, 0) }

    /// A request was taken back: it is answered all the same.
    mutating func tookBack(_ requests: Int = 1) { due += requests }

    /// An answer came for something that is not asked; returns whether it was due.
    mutating func answered() -> Bool {
        guard due > 0 else { return false }
        due -= 1
        return true
    }

    /// A request was rejected while `asked` were open, this one included.
    mutating func rejected(asked: Int) {
        if count == 0 { explained = asked }
        count += 1
    }

    mutating func rejectedNothing() { ofNothing += 1 }

    /// A block came, or a choke explains the rejects.
    mutating func begin() {
        count = 0
        explained = 0
    }
}
