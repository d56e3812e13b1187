import BitTorrentTypes
import Glibc
import SeededRandom
import Synchronization
import Testing

@testable import PieceHashing

@Suite struct `Unreadable files` {
    @Test(arguments: [100, 200_000])
    func `give their pieces a reason, and hide no others`(length: Int) async throws {
        try await TemporaryFolder.with { folder in
            let good = try folder.write(Array(repeating: 7, count: length), to: "good")
            let short = try folder.write(Array(repeating: 7, count: length - 60), to: "short")
            let pipe = Array("\(folder.path)/pipe".utf8)
            #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
            let paths = [
                good, short, pipe, Array("\(folder.path)/gone".utf8), Array(folder.path.utf8), Array("/dev/zero".utf8),
                Array("a\0b".utf8), good,
            ]
            let run = try PieceRun(
                slices: paths.map { FileSlice(path: $0, offset: 0, length: length) },
                pieceLength: length
            )
            let digest = Expected.sha1([UInt8](repeating: 7, count: length), pieceLength: length)
            let heard = Mutex(0)
            let outcomes = try await PieceHasher(threads: 1).hash([run]) { bytes in heard.withLock { $0 = bytes } }
            #expect(
                outcomes == digest + [
                    .unreadable("\(folder.path)/short: 60 bytes short"),
                    .unreadable("\(folder.path)/pipe: not a regular file"),
                    .unreadable("\(folder.path)/gone: No such file or directory"),
                    .unreadable("\(folder.path): not a regular file"),
                    .unreadable("/dev/zero: not a regular file"),
                    .unreadable("a\0b: not a path"),
                ] + digest
            )
            #expect(heard.withLock { $0 } == run.totalLength)
        }
    }

    @Test func `that end while they are hashed spoil only what is gone`() async throws {
        try await TemporaryFolder.with { folder in
            var random = SeededGenerator(seed: 3)
            let pieceLength = 2 * Lane.chunkLength
            let bytes = Payload.bytes(64 * pieceLength, &random)
            let path = try folder.write(bytes, to: "file")
            let run = try PieceRun(
                slices: [FileSlice(path: path, offset: 0, length: bytes.count)],
                pieceLength: pieceLength
            )
            let file = "\(folder.path)/file"
            let isFirst = Mutex(true)
            // Half of sixteen pieces is hashed then.
            let outcomes = try await PieceHasher(threads: 1).hash([run]) { _ in
                guard
                    isFirst.withLock({ first in
                        defer { first = false }; return first
                    })
                else { return }
                #expect(truncate(file, 20 * pieceLength) == 0)
            }
            #expect(Array(outcomes[..<20]) == Array(Expected.sha1(bytes, pieceLength: pieceLength)[..<20]))
            #expect(outcomes[20...].allSatisfy { $0 == .unreadable("\(file): \(Lane.chunkLength) bytes short") })
        }
    }
}
