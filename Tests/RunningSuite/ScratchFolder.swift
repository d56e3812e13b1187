import Foundation
import SeededRandom

/// A folder with a random name that is gone after the test.
package struct ScratchFolder: Sendable {
    package let path: String

    /// Makes a folder, runs `body` in it, removes it whatever happened.
    package static func with<Result>(_ body: (ScratchFolder) async throws -> Result) async throws -> Result {
        let name = "p2p-test-" + String(UInt32.random(in: .min ... .max), radix: 36)
        let folder = ScratchFolder(path: NSTemporaryDirectory().appending(name))
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        return try await body(folder)
    }

    /// The path of `name` in this folder.
    package func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A file of `size` random bytes, the same for the same seed.
    @discardableResult
    package func file(_ name: String, size: Int, seed: UInt64 = 1) throws -> String {
        let path = self(name)
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var generator = SeededGenerator(seed: seed)
        var words = [UInt64](repeating: 0, count: (size + 7) / 8)
        for index in words.indices { words[index] = generator.next() }
        let bytes = words.withUnsafeBytes { Data($0.prefix(size)) }
        try bytes.write(to: URL(filePath: path))
        return path
    }

    /// A tree with what breaks naive clients: empty files, deep and Unicode names, a file that ends inside a piece.
    package func tree(_ name: String, seed: UInt64 = 1) throws -> String {
        for (number, entry) in [
            ("0-empty", 0), ("Grüße und 日本語/größer.bin", 1_500_000), ("Grüße und 日本語/🌱/leer.txt", 0),
            ("a/b/c/deep.bin", 100_001), ("one-block.bin", 16_384), ("zz.txt", 7),
        ].enumerated() {
            try file("\(name)/\(entry.0)", size: entry.1, seed: seed &+ UInt64(number))
        }
        return self(name)
    }

    /// A tree of `size` bytes for torrents that take a while to hash: one file of 64 MiB under many names (hard links),
    /// so that it costs neither disk nor page cache, and `own.bin`, which is a file of its own at the end of the order.
    package func largeTree(_ name: String, size: Int) throws -> String {
        let part = 64 << 20
        let first = try file("\(name)/0000", size: part)
        for number in 1..<size / part - 1 {
            let digits = String(number)
            let link = self("\(name)/\(String(repeating: "0", count: 4 - digits.count))\(digits)")
            try FileManager.default.linkItem(atPath: first, toPath: link)
        }
        try file("\(name)/own.bin", size: part, seed: 2)
        return self(name)
    }
}
