import BitTorrentTypes
import Glibc

/// A folder that exists as long as its scope.
struct TemporaryFolder {
    let path: String

    static func with(_ body: (TemporaryFolder) async throws -> Void) async throws {
        var template = Array("/tmp/piece-hashing-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureError.errno(errno) }
        let path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { remove(path) }
        try await body(TemporaryFolder(path: path))
    }

    /// Writes a file and answers with its path.
    func write(_ bytes: [UInt8], to name: String) throws -> [UInt8] {
        let descriptor = open("\(path)/\(name)", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw FixtureError.errno(errno) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw FixtureError.errno(errno) }
        return Array("\(path)/\(name)".utf8)
    }

    /// A run over a file of zeros that takes no room.
    func sparseRun(_ name: String, _ length: Int, pieceLength: Int) throws -> PieceRun {
        let file = try write([], to: name)
        guard truncate("\(path)/\(name)", length) == 0 else { throw FixtureError.errno(errno) }
        return try PieceRun(slices: [FileSlice(path: file, offset: 0, length: length)], pieceLength: pieceLength)
    }

    private static func remove(_ folder: String) {
        // Tests write files into one flat folder.
        guard let stream = opendir(folder) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { unlink("\(folder)/\(name)") }
        }
        closedir(stream)
        rmdir(folder)
    }
}

enum FixtureError: Error {
    case errno(Int32)
}

extension Array {
    /// The elements in groups of `count`, the last one short.
    func split(every count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
