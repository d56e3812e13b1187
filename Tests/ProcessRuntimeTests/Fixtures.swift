import Glibc

/// A folder that exists as long as its scope.
struct TemporaryFolder {
    let path: String

    static func with(_ body: (TemporaryFolder) throws -> Void) throws {
        var template = Array("/tmp/process-runtime-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureError.errno(errno) }
        let path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { remove(path) }
        try body(TemporaryFolder(path: path))
    }

    /// Writes a file and answers with its path.
    func write(_ bytes: some Collection<UInt8>, to name: String) throws -> String {
        let descriptor = open("\(path)/\(name)", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw FixtureError.errno(errno) }
        defer { close(descriptor) }
        let bytes = Array(bytes)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw FixtureError.errno(errno) }
        return "\(path)/\(name)"
    }

    /// The text of a file, `nil` when there is none.
    func read(_ name: String) -> String? {
        let descriptor = open("\(path)/\(name)", O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}

/// Removes a folder and what is in it; links are not followed.
private func remove(_ path: String) {
    if let stream = opendir(path) {
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let inner = "\(path)/\(name)"
            if entry.pointee.d_type == UInt8(DT_DIR) { remove(inner) } else { unlink(inner) }
        }
        closedir(stream)
    }
    rmdir(path)
}

enum FixtureError: Error {
    case errno(Int32)
}
