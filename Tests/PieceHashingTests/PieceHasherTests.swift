import BitTorrentTypes
import Crypto
import Glibc
import Synchronization
import SeededRandom
import Testing

@testable import PieceHashing

@Suite struct `Piece digester` {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
    ])
    func `agrees with the examples of FIPS 180`(text: String, expected: String) {
        var digester = PieceDigester()
        for chunk in Array(text.utf8).split(every: 1000) {
            chunk.withUnsafeBytes { digester.update([$0]) }
        }
        #expect(Hexadecimal.encode(digester.finish(lane: 0)) == expected)
        #expect(Hexadecimal.encode(digester.finish(lane: 0)) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }
}

@Suite struct `Piece hasher` {
    @Test func `hashes the long example of FIPS 180 over several chunks`() async throws {
        try await TemporaryFolder.with { folder in
            let path = try folder.write(Array(repeating: UInt8(ascii: "a"), count: 1_000_000), to: "a")
            let run = try PieceRun(slices: [FileSlice(path: path, offset: 0, length: 1_000_000)], pieceLength: 1 << 20)
            let digest = Hexadecimal.decode("34aa973cd4c4daa4f61eeb2bdbad27316534016f".utf8)
            #expect(try await PieceHasher().hash([run], progress: { _ in }) == [.sha1(#require(digest))])
        }
    }

    @Test(arguments: 0..<12)
    func `hashes pieces across random slices of files as if they were joined`(seed: Int) async throws {
        try await TemporaryFolder.with { folder in
            var random = SeededGenerator(seed: UInt64(seed))
            var slices: [FileSlice] = []
            var joined: [UInt8] = []
            for number in 0..<Int.random(in: 1...6, using: &random) {
                let bytes = (0..<Int.random(in: 0...40_000, using: &random)).map {
                    UInt8(truncatingIfNeeded: $0 &* 31 &+ seed)
                }
                let path = try folder.write(bytes, to: "file-\(number)")
                let start = Int.random(in: 0...bytes.count, using: &random)
                let end = Int.random(in: start...bytes.count, using: &random)
                slices.append(FileSlice(path: path, offset: start, length: end - start))
                joined += bytes[start..<end]
            }
            let pieceLength = Int.random(in: 1000...30_000, using: &random)
            let run = try PieceRun(slices: slices, pieceLength: pieceLength)
            let outcomes = try await PieceHasher(threads: 3).hash([run, run], progress: { _ in })
            let expected = joined.split(every: pieceLength).map {
                PieceOutcome.sha1(Array(Insecure.SHA1.hash(data: $0)))
            }
            #expect(outcomes == expected + expected)
        }
    }

    @Test func `names the problem of a piece and goes on with the next`() async throws {
        try await TemporaryFolder.with { folder in
            let good = try folder.write(Array(repeating: 7, count: 100), to: "good")
            let short = try folder.write(Array(repeating: 7, count: 40), to: "short")
            let pipe = Array("\(folder.path)/pipe".utf8)
            #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
            let slices = [
                FileSlice(path: good, offset: 0, length: 100),
                FileSlice(path: short, offset: 0, length: 100),
                FileSlice(path: pipe, offset: 0, length: 100),
                FileSlice(path: Array("\(folder.path)/gone".utf8), offset: 0, length: 100),
                FileSlice(path: Array(folder.path.utf8), offset: 0, length: 100),
                FileSlice(path: Array("/dev/zero".utf8), offset: 0, length: 100),
                FileSlice(path: Array("a\0b".utf8), offset: 0, length: 100),
                FileSlice(path: good, offset: 0, length: 100),
            ]
            let run = try PieceRun(slices: slices, pieceLength: 100)
            let digest = PieceOutcome.sha1(Array(Insecure.SHA1.hash(data: [UInt8](repeating: 7, count: 100))))
            #expect(
                try await PieceHasher(threads: 1).hash([run], progress: { _ in }) == [
                    digest,
                    .unreadable("\(folder.path)/short: 60 bytes short"),
                    .unreadable("\(folder.path)/pipe: not a regular file"),
                    .unreadable("\(folder.path)/gone: No such file or directory"),
                    .unreadable("\(folder.path): not a regular file"),
                    .unreadable("/dev/zero: not a regular file"),
                    .unreadable("a\0b: not a path"),
                    digest,
                ]
            )
        }
    }

    @Test func `tells growing progress up to the last byte`() async throws {
        try await TemporaryFolder.with { folder in
            let path = try folder.write(Array(repeating: 1, count: 3_000_000), to: "file")
            let run = try PieceRun(slices: [FileSlice(path: path, offset: 0, length: 3_000_000)], pieceLength: 1 << 20)
            let heard = Mutex<[Int]>([])
            _ = try await PieceHasher(threads: 2).hash([run]) { bytes in heard.withLock { $0.append(bytes) } }
            let numbers = heard.withLock { $0 }
            #expect(numbers == numbers.sorted())
            #expect(numbers.last == 3_000_000)
        }
    }

    @Test func `stops at the next chunk when its task is cancelled`() async throws {
        try await TemporaryFolder.with { folder in
            let path = try folder.write([], to: "sparse")
            #expect(truncate("\(folder.path)/sparse", 1 << 40) == 0)
            let run = try PieceRun(slices: [FileSlice(path: path, offset: 0, length: 1 << 40)], pieceLength: 1 << 30)
            let (started, signal) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
            let task = Task { try await PieceHasher(threads: 2).hash([run]) { bytes in signal.yield(bytes) } }
            for await _ in started { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `has nothing to say about no bytes`() async throws {
        #expect(try await PieceHasher().hash([PieceRun(slices: [], pieceLength: 1)], progress: { _ in }).isEmpty)
    }
}

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
