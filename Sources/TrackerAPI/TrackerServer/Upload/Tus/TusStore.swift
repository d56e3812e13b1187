import Glibc
import Hummingbird
import NIOCore
import NIOPosix
import Synchronization

/// Uploads in pieces: who works on which, what they were promised, when they go.
final class TusStore: Sendable {
    /// Uploads that may be open at the same time.
    private static let limit = 20_000
    /// Written at once, in bytes.
    private static let runLength = 256 * 1024
    private static let sweepPause = Duration.seconds(600)

    private struct State {
        var busy: Set<String> = []
        var allowances: [String: UploadAllowance] = [:]
        var sweptAt: ContinuousClock.Instant?
    }

    let files: TusFiles
    private let quota: UploadQuota
    private let events: UploadEvents
    private let pool: NIOThreadPool
    private let state = Mutex(State())

    init(files: TusFiles, quota: UploadQuota, events: UploadEvents, pool: NIOThreadPool) {
        self.files = files
        self.quota = quota
        self.events = events
        self.pool = pool
    }

    /// Begins an upload of `length` bytes.
    func create(length: Int, path: [[UInt8]]) async throws(UploadError) -> TusUpload {
        try await sweep()
        guard state.withLock({ $0.allowances.count }) < Self.limit else { throw .tooManyParts(limit: Self.limit) }
        let allowance = UploadAllowance(quota)
        try await allowance.ensure(length)
        let upload = TusUpload(id: UploadFolder.randomName(), length: length, path: path)
        do {
            try await perform { [files] in try files.create(upload) }
        } catch {
            allowance.settle(stored: 0)
            throw error
        }
        state.withLock { $0.allowances[upload.id] = allowance }
        return try await find(upload.id) ?? upload
    }

    /// The upload as it stands; `nil` when there is none.
    ///
    /// With `isHeld` the caller works on it already.
    func find(_ id: String, isHeld: Bool = false) async throws(UploadError) -> TusUpload? {
        let isTaken = !isHeld && take([id])
        defer { if isTaken { release([id]) } }
        return try await perform { [files] in try files.find(id, isAtRest: isHeld || isTaken) }
    }

    /// Runs `body` while nobody else may work on these uploads; `nil` when somebody does already.
    func holding<Value>(_ ids: [String], _ body: () async throws -> Value) async throws -> Value? {
        guard take(ids) else { return nil }
        defer { release(ids) }
        return try await body()
    }

    private func take(_ ids: [String]) -> Bool {
        state.withLock { state in
            guard state.busy.isDisjoint(with: ids) else { return false }
            state.busy.formUnion(ids)
            return true
        }
    }

    private func release(_ ids: [String]) { state.withLock { $0.busy.subtract(ids) } }

    /// Appends what `body` brings; the caller holds the upload.
    ///
    /// - Returns: the new offset; `nil` when the checksum is not that of the bytes, which are taken back.
    func append(
        _ body: RequestBody,
        to upload: TusUpload,
        checksum: TusChecksum?
    ) async throws(UploadError) -> Int? {
        let meter = UploadMeter(id: upload.id, bytesTotal: upload.length, events: events)
        let start = upload.offset
        var checksum = checksum
        let isChecked = checksum != nil
        if isChecked { try await perform { [files] in try files.doubt(upload.id, after: start) } }
        let descriptor = try await perform { [files] in try files.open(upload.id) }
        defer { close(descriptor) }
        var offset = start
        var failure: UploadError?
        do throws(UploadError) {
            try await write(body, to: descriptor, upload, &offset, &checksum, meter)
        } catch {
            failure = error
        }
        // What came before a connection broke is good, unless nobody can tell any more.
        guard failure == nil || !isChecked, checksum?.isRight ?? true else {
            try await perform { [files] in try files.truncate(upload.id, to: start) }
            if let failure { throw failure }
            return nil
        }
        try await perform { [files] in
            guard fdatasync(descriptor) == 0 else { throw UploadFolder.failure(files.data(upload.id)) }
            files.trust(upload.id)
        }
        if let failure { throw failure }
        return offset
    }

    /// Forgets an upload; the caller holds it.
    func remove(_ id: String, because problem: String?) async throws(UploadError) {
        try await perform { [files] in files.remove(id) }
        state.withLock { $0.allowances.removeValue(forKey: id) }?.settle(stored: 0)
        if let problem, events.current.contains(where: { $0.id == id && !$0.phase.isOver }) {
            UploadMeter(id: id, bytesTotal: nil, events: events).fail(problem)
        }
    }

    /// Removes what expired, now and then; the first time also takes in what an earlier life left.
    func sweep() async throws(UploadError) {
        let isFirst = state.withLock { $0.sweptAt == nil }
        let isDue = state.withLock { state in
            guard state.sweptAt.map({ $0.duration(to: .now) > Self.sweepPause }) ?? true else { return false }
            state.sweptAt = .now
            return true
        }
        guard isDue else { return }
        for id in try await perform({ [files] in try files.ids() }) {
            guard take([id]) else { continue }
            defer { release([id]) }
            guard let upload = try await find(id, isHeld: true), upload.expiresAt > time(nil) else {
                try await remove(id, because: "It expired.")
                continue
            }
            guard isFirst else { continue }
            let allowance = UploadAllowance(quota)
            // It was promised before; a quota that became smaller does not take it away.
            do { try await allowance.ensure(upload.length) } catch {}
            state.withLock { $0.allowances[id] = allowance }
        }
    }

    private func write(
        _ body: RequestBody,
        to descriptor: Int32,
        _ upload: TusUpload,
        _ offset: inout Int,
        _ checksum: inout TusChecksum?,
        _ meter: UploadMeter
    ) async throws(UploadError) {
        var pending: [UInt8] = []
        do {
            for try await buffer in body {
                guard buffer.readableBytes <= upload.length - offset - pending.count else {
                    throw UploadError.tooLarge(limit: upload.length)
                }
                pending += buffer.readableBytesView
                guard pending.count >= Self.runLength else { continue }
                try await flush(&pending, to: descriptor, upload, &offset, &checksum)
                meter.reach(offset)
            }
            try await flush(&pending, to: descriptor, upload, &offset, &checksum)
            meter.reach(offset)
        } catch let error as UploadError {
            throw error
        } catch {
            try await flush(&pending, to: descriptor, upload, &offset, &checksum)
            throw .interrupted
        }
    }

    private func flush(
        _ pending: inout [UInt8],
        to descriptor: Int32,
        _ upload: TusUpload,
        _ offset: inout Int,
        _ checksum: inout TusChecksum?
    ) async throws(UploadError) {
        let bytes = pending
        let start = offset
        try await perform { [files] in
            try UploadFolder.write(bytes, to: descriptor, at: start, path: files.data(upload.id))
        }
        checksum?.update(bytes)
        offset += bytes.count
        pending.removeAll(keepingCapacity: true)
    }

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws(UploadError) -> Result {
        try await UploadFolder.perform(files.root, on: pool, work)
    }
}
