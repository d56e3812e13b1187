import BitTorrentTypes
import SeededRandom
import Testing

@testable import MessageHub

@Suite struct `A run cut to some of its pieces` {
    /// Every byte of a run as the file and the offset it comes from.
    func bytes(_ run: PieceRun) -> [String] {
        run.slices.flatMap { slice in
            (0..<slice.length).map {
                slice.isPadding ? "·" : "\(String(decoding: slice.path, as: UTF8.self))\(slice.offset + $0)"
            }
        }
    }

    @Test func `has their bytes and no other`() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let slices = (0..<Int.random(in: 1...6, using: &random)).map { index in
                let length = Int.random(in: 0...20, using: &random)
                return Bool.random(using: &random)
                    ? FileSlice(
                        path: Array("/\(index):".utf8),
                        offset: Int.random(in: 0...9, using: &random),
                        length: length
                    )
                    : .padding(length)
            }
            let run = try PieceRun(slices: slices, pieceLength: Int.random(in: 1...12, using: &random))
            guard run.pieceCount > 0 else { continue }
            let first = Int.random(in: 0..<run.pieceCount, using: &random)
            let end = Int.random(in: first + 1...run.pieceCount, using: &random)
            let cut = try run.cut(to: first..<end)
            #expect(cut.pieceCount == end - first)
            let all = bytes(run)
            #expect(bytes(cut) == Array(all[first * run.pieceLength..<min(end * run.pieceLength, all.count)]))
        }
    }

    @Test func `keeps its tree`() throws {
        let file = FileSlice(path: Array("/f".utf8), offset: 0, length: 200_000)
        let run = try PieceRun(slices: [file, .padding(62_144)], pieceLength: 65_536, hashes: .both(treeWidth: 4))
        let last = try run.cut(to: 3..<4)
        #expect(last.hashes == .both(treeWidth: 4))
        #expect(last.slices == [FileSlice(path: Array("/f".utf8), offset: 196_608, length: 3392), .padding(62_144)])
    }
}
