import Foundation

/// A file system with little room, for those who may mount one; gone after the test.
package struct SmallDisk: Sendable {
    package let path: String

    /// Whether this user on this machine may mount one.
    package static func isAvailable() async -> Bool {
        (try? await ScratchFolder.with { scratch in try await with(scratch("disk"), bytes: 4096) { _ in true } })
            == true
    }

    /// Mounts it at `path`, which may hold something that is hidden meanwhile, runs `body`, and takes it away.
    ///
    /// - Throws: ``SuiteFailure`` without the permission to mount, and what `body` throws.
    package static func with<Result>(
        _ path: String,
        bytes: Int,
        _ body: (SmallDisk) async throws -> Result
    ) async throws -> Result {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
            throw SuiteFailure("cannot mount a small disk: errno \(errno)")
        }
        defer { umount2(path, Int32(MNT_DETACH)) }
        return try await body(SmallDisk(path: path))
    }

    /// Takes all the room there is; ``release()`` gives it back.
    package func fill() throws {
        let thief = open(path + "/thief", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard thief >= 0 else { throw SuiteFailure("no thief on the small disk: errno \(errno)") }
        defer { close(thief) }
        let page = [UInt8](repeating: 1, count: 4096)
        while write(thief, page, page.count) > 0 {}
        guard errno == ENOSPC else { throw SuiteFailure("the thief failed: errno \(errno)") }
    }

    package func release() { unlink(path + "/thief") }
}
