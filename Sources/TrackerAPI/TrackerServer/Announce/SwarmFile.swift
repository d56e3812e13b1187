import Glibc
import TrackerEngine

/// The file of a snapshot.
enum SwarmFile {
    /// A call that the system refused.
    struct Failure: Error, CustomStringConvertible {
        let call: String
        let code: Int32

        var description: String { "\(call): \(String(cString: strerror(code)))" }
    }

    /// A file in memory, as long as it is not unmapped.
    struct Mapped {
        let bytes: UnsafeRawBufferPointer

        func unmap() { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
    }

    static func seal(_ bytes: inout [UInt8]) { TrackerEngine.seal(&bytes) }

    /// Writes aside and moves into place; the folder is made if it is not there.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let aside = path + ".new"
        var descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0, errno == ENOENT, let slash = path.lastIndex(of: "/") {
            mkdir(String(path[..<slash]), 0o700)
            descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        }
        guard descriptor >= 0 else { throw Failure(call: "open", code: errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let code = errno
                if count < 0, code == EINTR { continue }
                unlink(aside)
                throw Failure(call: "write", code: code)
            }
            written += count
        }
        guard rename(aside, path) == 0 else { throw Failure(call: "rename", code: errno) }
    }

    /// The file's bytes; `nil` when there is none, or nothing in it.
    static func mapped(_ path: String) throws(Failure) -> Mapped? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return nil }
            throw Failure(call: "open", code: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(call: "fstat", code: errno) }
        guard status.st_size > 0 else { return nil }
        guard let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0),
            start != MAP_FAILED
        else { throw Failure(call: "mmap", code: errno) }
        return Mapped(bytes: UnsafeRawBufferPointer(start: start, count: Int(status.st_size)))
    }
}
