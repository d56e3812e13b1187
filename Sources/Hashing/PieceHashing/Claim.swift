import BitTorrentTypes

/// What a lane takes at once: one piece, or neighbours that together are no longer than a chunk.
struct Claim {
    /// More pieces than this are not worth one claim, however small they are.
    static let mostPieces = 64

    let call: HashingCall
    let run: Int
    let pieces: Range<Int>

    var pieceRun: PieceRun { call.runs[run] }
}

/// The pieces of a call that no lane has taken yet, in order.
struct UnclaimedPieces {
    let call: HashingCall
    private var run = 0
    private var piece = 0
    private(set) var count: Int

    init(_ call: HashingCall) {
        self.call = call
        count = call.pieceCount
    }

    mutating func next() -> Claim? {
        guard count > 0 else { return nil }
        while piece == call.runs[run].pieceCount { (run, piece) = (run + 1, 0) }
        let pieces = call.runs[run]
        let taken = min(max(1, Lane.chunkLength / pieces.pieceLength), Claim.mostPieces, pieces.pieceCount - piece)
        defer {
            piece += taken
            count -= taken
        }
        return Claim(call: call, run: run, pieces: piece..<piece + taken)
    }
}
