import NIOPosix
import Synchronization

/// How many bytes uploads may take altogether: what is there, and what was promised to those that are coming.
///
/// What is there is counted on the disk, because torrents are removed by others.
final class UploadQuota: Sendable {
    private static let scanPause = Duration.seconds(10)
    private static let scanLimit = 5_000_000

    private struct State {
        var stored = 0
        var promised = 0
        var scannedAt: ContinuousClock.Instant?
    }

    /// In bytes; `nil`: as much as the disk has.
    let limit: Int?
    private let uploads: DiskPath
    private let pool: NIOThreadPool
    private let state = Mutex(State())

    init(limit: Int?, uploads: DiskPath, pool: NIOThreadPool) {
        self.limit = limit
        self.uploads = uploads
        self.pool = pool
    }

    /// Sets `bytes` aside for an upload.
    ///
    /// - Throws: ``UploadError/overQuota(limit:)``
    func promise(_ bytes: Int) async throws(UploadError) {
        guard let limit else { return }
        if state.withLock({ $0.scannedAt == nil }) { try await scan() }
        if take(bytes, limit: limit) { return }
        // Something may have been removed since.
        let isDue = state.withLock { $0.scannedAt.map { $0.duration(to: .now) > Self.scanPause } ?? true }
        if isDue { try await scan() }
        guard isDue, take(bytes, limit: limit) else { throw .overQuota(limit: limit) }
    }

    /// Gives back what was promised; of it `stored` bytes are on the disk now, to stay.
    func settle(promised: Int, stored: Int) {
        guard limit != nil else { return }
        state.withLock { state in
            state.promised = max(0, state.promised - promised)
            state.stored += stored
        }
    }

    private func take(_ bytes: Int, limit: Int) -> Bool {
        state.withLock { state in
            guard bytes <= limit, state.stored + state.promised <= limit - bytes else { return false }
            state.promised += bytes
            return true
        }
    }

    private func scan() async throws(UploadError) {
        let uploads = uploads
        let stored: Int
        do {
            stored = try await pool.runIfActive { try Self.storedBytes(in: uploads) }
        } catch {
            throw .disk(path: "\(uploads)", reason: "\(error)")
        }
        state.withLock { state in
            state.stored = stored
            state.scannedAt = .now
        }
    }

    /// The bytes of uploads that came through.
    private static func storedBytes(in uploads: DiskPath) throws -> Int {
        guard UploadFolder.exists(uploads) else { return 0 }
        var total = 0
        for name in try FolderWalk.names(in: uploads) where name.first != UInt8(ascii: ".") {
            let folder = uploads.appending(name)
            guard !UploadFolder.isUnfinished(folder) else { continue }
            for file in try FolderWalk.files(under: folder, limit: scanLimit) { total += min(file.length, 1 << 56) }
        }
        return total
    }
}

/// What one upload was promised of the ``UploadQuota``.
final class UploadAllowance: Sendable {
    private let quota: UploadQuota
    private let promised = Mutex(0)

    init(_ quota: UploadQuota) { self.quota = quota }

    /// Takes what is missing up to `total` bytes.
    func ensure(_ total: Int) async throws(UploadError) {
        let missing = total - promised.withLock { $0 }
        guard missing > 0 else { return }
        try await quota.promise(missing)
        promised.withLock { $0 += missing }
    }

    /// The upload is over; `stored` bytes of it stay.
    func settle(stored: Int) {
        let taken = promised.withLock { promised in
            defer { promised = 0 }
            return promised
        }
        quota.settle(promised: taken, stored: stored)
    }
}
