import FoundationEssentials
import Glibc
import NIOPosix

/// The folder of one upload.
///
///     uploads/<id>/.parts/0 …     while the body comes: numbers, so no name from outside touches the disk
///     uploads/<id>/<name>[/…]     when every name has been checked
///
/// The calls block; they run on a thread pool.
struct UploadFolder: Sendable {
    /// Free space that an upload must leave, in bytes.
    static let reserve = 64 * 1024 * 1024

    let path: DiskPath
    private let pool: NIOThreadPool
    private var parts: DiskPath { path.appending(".parts") }

    /// Makes a folder with a name of its own in `uploads`.
    static func make(in uploads: DiskPath, pool: NIOThreadPool) async throws(UploadError) -> UploadFolder {
        var generator = SystemRandomNumberGenerator()
        let id = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        let folder = UploadFolder(path: uploads.appending(id), pool: pool)
        try await folder.perform {
            try makeFolder(uploads, mayExist: true)
            try makeFolder(folder.path)
            try makeFolder(folder.parts)
        }
        return folder
    }

    /// Throws when `length` more bytes would not leave ``reserve``.
    func requireSpace(for length: Int) async throws(UploadError) {
        try await perform { [path] in
            var status = statvfs()
            guard path.withCString({ statvfs($0, &status) }) == 0 else { throw Self.failure(path) }
            let (free, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
            guard overflow || free - Self.reserve >= length else { throw UploadError.noSpace(path: "\(path)") }
        }
    }

    /// Makes the file of part `number`; the caller closes the descriptor.
    func createPart(_ number: Int) async throws(UploadError) -> Int32 {
        let part = parts.appending("\(number)")
        return try await perform {
            let descriptor = part.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644) }
            guard descriptor >= 0 else { throw Self.failure(part) }
            return descriptor
        }
    }

    func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) async throws(UploadError) {
        try await perform { [path] in
            try bytes.withUnsafeBytes { buffer in
                var done = 0
                while done < buffer.count, let base = buffer.baseAddress {
                    let written = pwrite(descriptor, base + done, buffer.count - done, off_t(offset + done))
                    guard written > 0 || errno == EINTR else { throw Self.failure(path) }
                    done += max(0, written)
                }
            }
        }
    }

    /// Flushes and closes.
    func finish(_ descriptor: Int32) async throws(UploadError) {
        try await perform { [path] in
            let result = fdatasync(descriptor)
            let failure = Self.failure(path)
            Glibc.close(descriptor)
            guard result == 0 else { throw failure }
        }
    }

    /// Gives the parts their places under the upload's folder, in order.
    func arrange(_ places: [[[UInt8]]]) async throws(UploadError) {
        try await perform { [path, parts] in
            var made: Set<DiskPath> = []
            for (number, place) in places.enumerated() {
                var target = path
                for component in place.dropLast() {
                    target = target.appending(component)
                    if made.insert(target).inserted { try Self.makeFolder(target) }
                }
                target = target.appending(place[place.count - 1])
                let source = parts.appending("\(number)")
                guard source.withCString({ from in target.withCString { rename(from, $0) } }) == 0 else {
                    throw Self.failure(target)
                }
            }
            guard parts.withCString({ rmdir($0) }) == 0 else { throw Self.failure(parts) }
        }
    }

    /// Removes the folder and everything in it.
    func remove() async throws(UploadError) {
        try await perform { [path] in try FileManager.default.removeItem(atPath: "\(path)") }
    }

    /// Removes what uploads left behind that a crash cut off; returns how many.
    static func sweep(_ uploads: DiskPath) throws -> Int {
        let manager = FileManager.default
        guard manager.fileExists(atPath: "\(uploads)") else { return 0 }
        let unfinished = try manager.contentsOfDirectory(atPath: "\(uploads)").filter {
            manager.fileExists(atPath: "\(uploads.appending($0).appending(".parts"))")
        }
        for name in unfinished { try manager.removeItem(atPath: "\(uploads.appending(name))") }
        return unfinished.count
    }

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws(UploadError) -> Result {
        do {
            return try await pool.runIfActive(work)
        } catch let error as UploadError {
            throw error
        } catch {
            throw .disk(path: "\(path)", reason: "\(error)")
        }
    }

    private static func makeFolder(_ path: DiskPath, mayExist: Bool = false) throws(UploadError) {
        guard path.withCString({ mkdir($0, 0o755) }) == 0 || (mayExist && errno == EEXIST) else { throw failure(path) }
    }

    private static func failure(_ path: DiskPath) -> UploadError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .noSpace(path: "\(path)") }
        return .disk(path: "\(path)", reason: String(cString: strerror(code)))
    }
}
