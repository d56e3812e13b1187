import CLinux
import FoundationEssentials
import Glibc
import NIOPosix

/// The folder of one upload.
///
///     uploads/<id>/.parts/0 …               while the body comes: numbers, so no name from outside touches the disk
///     uploads/<id>/<name>[/…]  and .parts   every name has been checked; hashed, listed, seeded meanwhile
///     uploads/<id>/<name>[/…]               the uploader is told
///
/// So a folder with `.parts` was not acknowledged. The calls block; they run on a thread pool.
struct UploadFolder: Sendable {
    /// Free space that an upload must leave, in bytes.
    static let reserve = 64 * 1024 * 1024
    /// More files than these are flushed with the whole disk, which is far cheaper for ten thousand small ones.
    private static let flushedAlone = 32

    let path: DiskPath
    private let pool: NIOThreadPool
    private var parts: DiskPath { path.appending(".parts") }

    init(path: DiskPath, pool: NIOThreadPool) {
        self.path = path
        self.pool = pool
    }

    /// Makes a folder with a name of its own in `uploads`.
    static func make(in uploads: DiskPath, pool: NIOThreadPool) async throws(UploadError) -> UploadFolder {
        let folder = UploadFolder(path: uploads.appending(randomName()), pool: pool)
        try await folder.perform {
            try makeFolder(uploads, mayExist: true)
            try makeFolder(folder.path)
            try makeFolder(folder.parts)
        }
        return folder
    }

    /// 128 bits of chance, in letters and digits.
    static func randomName() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    static func exists(_ path: DiskPath) -> Bool { path.withCString { access($0, F_OK) } == 0 }

    /// Whether the upload into `folder` was not acknowledged.
    static func isUnfinished(_ folder: DiskPath) -> Bool { exists(folder.appending(".parts")) }

    /// Throws when `length` more bytes would not leave ``reserve``.
    func requireSpace(for length: Int) async throws(UploadError) {
        try await perform { [path] in try Self.requireSpace(for: length, in: path) }
    }

    static func requireSpace(for length: Int, in path: DiskPath) throws(UploadError) {
        var status = statvfs()
        guard path.withCString({ statvfs($0, &status) }) == 0 else { throw failure(path) }
        let (free, overflow) = Int(clamping: status.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        guard overflow || free - reserve >= length else { throw .noSpace(path: "\(path)") }
    }

    /// Makes the file of part `number`; the caller closes the descriptor.
    func createPart(_ number: Int) async throws(UploadError) -> Int32 {
        let part = parts.appending("\(number)")
        return try await perform { try Self.create(part) }
    }

    /// Makes the file of part `number` with all that is in it; flushed with the folder.
    func writePart(_ number: Int, _ bytes: [UInt8]) async throws(UploadError) {
        let part = parts.appending("\(number)")
        try await perform {
            let descriptor = try Self.create(part)
            defer { Glibc.close(descriptor) }
            try Self.write(bytes, to: descriptor, at: 0, path: part)
        }
    }

    func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) async throws(UploadError) {
        try await perform { [path] in try Self.write(bytes, to: descriptor, at: offset, path: path) }
    }

    /// Has the disk begin with what was written so far; nothing waits for it.
    func beginFlush(_ descriptor: Int32) async {
        // Only a hint: the flush at the end tells whether it worked.
        _ = try? await perform { _ = clinux_begin_flush(descriptor) }
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

    /// Takes a file that lies elsewhere on the same disk as part `number`; it stays there too.
    func link(_ file: DiskPath, asPart number: Int) async throws(UploadError) {
        let part = parts.appending("\(number)")
        try await perform {
            guard file.withCString({ from in part.withCString { Glibc.link(from, $0) } }) == 0 else {
                throw Self.failure(file)
            }
        }
    }

    /// Gives the parts their places under the upload's folder, in order, and flushes all of it to the disk.
    func arrange(_ places: [[[UInt8]]]) async throws(UploadError) {
        try await perform { [path, parts] in
            var made: Set<DiskPath> = []
            var files: [DiskPath] = []
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
                files.append(target)
            }
            guard files.count <= Self.flushedAlone else { return try Self.flush(path, wholeDisk: true) }
            for file in files + made + [path] { try Self.flush(file) }
            if let uploads = path.parent { try Self.flush(uploads) }
        }
    }

    /// The uploader may be told: what is here stays.
    func seal() async throws(UploadError) {
        try await perform { [path, parts] in
            guard parts.withCString({ rmdir($0) }) == 0 || errno == ENOENT else { throw Self.failure(parts) }
            try Self.flush(path)
        }
    }

    /// Removes the folder and everything in it.
    func remove() async throws(UploadError) {
        try await perform { [path] in try FileManager.default.removeItem(atPath: "\(path)") }
    }

    /// The uploads in `uploads` that were not acknowledged: a crash cut them off.
    static func unfinished(in uploads: DiskPath) throws -> [DiskPath] {
        guard exists(uploads) else { return [] }
        return try FolderWalk.names(in: uploads).map { uploads.appending($0) }.filter(isUnfinished)
    }

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws(UploadError) -> Result {
        try await Self.perform(path, on: pool, work)
    }

    /// Runs blocking work on the pool.
    static func perform<Result: Sendable>(
        _ path: DiskPath,
        on pool: NIOThreadPool,
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
}

// MARK: - System calls

extension UploadFolder {
    static func makeFolder(_ path: DiskPath, mayExist: Bool = false) throws(UploadError) {
        guard path.withCString({ mkdir($0, 0o755) }) == 0 || (mayExist && errno == EEXIST) else { throw failure(path) }
    }

    static func create(_ path: DiskPath) throws(UploadError) -> Int32 {
        let descriptor = path.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { throw failure(path) }
        return descriptor
    }

    static func write(
        _ bytes: [UInt8],
        to descriptor: Int32,
        at offset: Int,
        path: DiskPath
    ) throws(UploadError) {
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes { buffer in
                pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset + done))
            }
            guard written > 0 || errno == EINTR else { throw failure(path) }
            done += max(0, written)
        }
    }

    static func failure(_ path: DiskPath) -> UploadError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .noSpace(path: "\(path)") }
        return .disk(path: "\(path)", reason: String(cString: strerror(code)))
    }

    /// Flushes a file, or the names in a folder; or all of the disk on which it lies.
    static func flush(_ path: DiskPath, wholeDisk: Bool = false) throws(UploadError) {
        let descriptor = path.withCString { open($0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { throw failure(path) }
        defer { Glibc.close(descriptor) }
        guard (wholeDisk ? clinux_flush_disk(descriptor) : fsync(descriptor)) == 0 else { throw failure(path) }
    }
}
