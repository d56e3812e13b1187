import RunningSuite
import SeededRandom

/// Content that a seed draws: what a torrent maker can get wrong, in many combinations.
///
///     seeds 1, 5, 9…    one file
///     the others        up to 14 files in nested folders, some empty, some equal
///
/// Lengths stand around the borders of blocks and pieces. Names differ in order by joined path and by component
/// (`a.b`, `a-b` and the folder `a`), and are not all ASCII.
struct DrawnTree {
    let path: String
    /// Bytes.
    let pieceLength: Int

    private static let folders = ["a", "a-b", "D", "Grüße", "日本語", "leer und tief"]
    private static let names = ["a", "a.b", "b", "Z", "größer.bin", "🌱", "name with spaces", "0", "x.tar.gz", "ÿ"]
    private static let pieceLengths = [16 << 10, 32 << 10, 64 << 10, 256 << 10]

    init(seed: UInt64, in scratch: ScratchFolder) throws {
        var random = SeededGenerator(seed: seed)
        let pieceLength = Self.pieceLengths[Int.random(in: Self.pieceLengths.indices, using: &random)]
        self.pieceLength = pieceLength
        let lengths = [
            0, 1, 16_383, 16_384, 16_385, 40_000, pieceLength - 1, pieceLength, pieceLength + 1, 2 * pieceLength,
            3 * pieceLength + 16_384, 5 * pieceLength + 7,
        ]
        guard seed % 4 != 1 else {
            let length = lengths[Int.random(in: 1..<lengths.count, using: &random)]
            path = try scratch.file("payload/größe \(seed).bin", size: length, seed: seed)
            return
        }
        let top = "payload/Baum \(seed)"
        path = scratch(top)
        // One file is sure to have bytes; equal seeds and lengths make equal files.
        try scratch.file("\(top)/c", size: Int.random(in: 1...200_000, using: &random), seed: seed)
        var taken: Set<String> = []
        for _ in 0..<Int.random(in: 1...13, using: &random) {
            let depth = Int.random(in: 0...3, using: &random)
            let parents = (0..<depth).map { _ in Self.folders[Int.random(in: Self.folders.indices, using: &random)] }
            let name = Self.names[Int.random(in: Self.names.indices, using: &random)]
            let length = lengths[Int.random(in: lengths.indices, using: &random)]
            let content = UInt64.random(in: 0...1, using: &random)
            // Folders are "a" and files may be: the file steps back.
            let leaf = Self.folders.contains(name) ? name + ".file" : name
            guard taken.insert((parents + [leaf]).joined(separator: "/")).inserted else { continue }
            try scratch.file((([top] + parents) + [leaf]).joined(separator: "/"), size: length, seed: content)
        }
    }
}
