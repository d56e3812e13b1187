import BitTorrentTypes
import Testing

@Suite struct `Piece run` {
    @Test(arguments: [
        ([(0, 10)], 0, PieceRunError.badPieceLength(0)),
        ([(0, 10)], -1, .badPieceLength(-1)),
        ([(0, 10), (-1, 10)], 5, .badSlice(index: 1)),
        ([(0, -10)], 5, .badSlice(index: 0)),
        ([(Int.max, 1)], 5, .badSlice(index: 0)),
        ([(0, Int.max), (0, 1)], Int.max, .tooLong),
        ([(0, 2_097_153)], 1, .tooManyPieces(2_097_153)),
    ])
    func `refuses numbers that cannot be`(ranges: [(Int, Int)], pieceLength: Int, error: PieceRunError) {
        let slices = ranges.map { FileSlice(path: [47], offset: $0.0, length: $0.1) }
        #expect(throws: error) { try PieceRun(slices: slices, pieceLength: pieceLength) }
    }

    @Test func `has a short last piece`() throws {
        let run = try PieceRun(slices: [FileSlice(path: [47], offset: 0, length: 11)], pieceLength: 5)
        #expect(run.pieceCount == 3)
        #expect((0..<3).map(run.length(ofPiece:)) == [5, 5, 1])
    }
}
