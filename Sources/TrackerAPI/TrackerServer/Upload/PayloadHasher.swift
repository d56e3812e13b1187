import BitTorrentTypes
import BusServices
import BusTransport
import Synchronization

/// Has the hasher-workers hash a payload: several jobs at a time, each of whole pieces.
struct PayloadHasher: Sendable {
    /// Bytes of one job: long enough to be worth a message, short enough to share among workers.
    private static let jobLength = 64 * 1024 * 1024
    private static let jobsInFlight = 4
    /// Bytes of the names in one job; a message is 4 MiB at most.
    private static let namesLimit = 1 << 20
    /// How long to go on asking while the queue of the hub is full or no worker is up.
    private static let patience = 60

    let service: any HashingService
    /// The upload, as `p2pctl jobs` shows and cancels it.
    let task: HashTask

    /// The hashes of all pieces, 20 bytes each, in order.
    ///
    /// - Parameters:
    ///   - files: what lies where, in the order of the torrent; lengths in bytes.
    ///   - layout: how the joined files are cut.
    ///   - progress: told the bytes that are done so far, now and then.
    /// - Returns: 20 bytes for each piece.
    /// - Throws: ``UploadError`` when a file cannot be read or nobody hashes.
    func hash(
        _ files: [(location: DiskPath, length: Int)],
        layout: PieceLayout,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(UploadError) -> [UInt8] {
        let done = HashedBytes(progress)
        let jobs = try jobs(files, layout: layout)
        do {
            return try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
                var results = [[UInt8]](repeating: [], count: jobs.count)
                for (number, job) in jobs.enumerated() {
                    if number >= Self.jobsInFlight, let (done, hashes) = try await group.next() {
                        results[done] = hashes
                    }
                    group.addTask { (number, try await perform(job, number, done)) }
                }
                for try await (done, hashes) in group { results[done] = hashes }
                return results.flatMap { $0 }
            }
        } catch let error as UploadError {
            throw error
        } catch {
            throw .hashing(BusFault(.failed, "\(error)"))
        }
    }

    private func perform(_ job: HashJob, _ number: Int, _ done: HashedBytes) async throws -> [UInt8] {
        var hashes: [UInt8] = []
        let outcomes = try await ask(job) { done.set(number, to: $0) }
        done.set(number, to: job.byteCount)
        for digest in outcomes {
            switch digest {
            case .hashed(let piece): hashes += piece.sha1 ?? []
            case .unreadable(let reason): throw UploadError.unreadable(reason)
            }
        }
        return hashes
    }

    /// Waits while the workers have too much to do; that is what keeps the queue short.
    private func ask(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws -> [PieceOutcome] {
        for attempt in 1... {
            do {
                return try await service.hash(job, progress: progress)
            } catch let fault where [.overloaded, .unavailable].contains(fault.code) && attempt < Self.patience {
                try await Task.sleep(for: .seconds(1))
            } catch let fault where fault.code == .cancelled && !Task.isCancelled {
                throw UploadError.cancelled
            } catch {
                throw UploadError.hashing(error)
            }
        }
        preconditionFailure("the attempts end with an answer or an error")
    }

    /// Cuts the joined files into jobs of whole pieces.
    func jobs(
        _ files: [(location: DiskPath, length: Int)],
        layout: PieceLayout
    ) throws(UploadError) -> [HashJob] {
        let length = max(1, Self.jobLength / layout.pieceLength) * layout.pieceLength
        var jobs: [HashJob] = []
        var spans: [FileSlice] = []
        var missing = length
        var named = 0
        func finish() throws(UploadError) {
            guard !spans.isEmpty else { return }
            do throws(PieceRunError) {
                let run = try PieceRun(slices: spans, pieceLength: layout.pieceLength)
                jobs.append(HashJob(priority: .bulk, runs: [run], task: task))
            } catch {
                throw .hashing(BusFault(.invalid, "\(error)"))
            }
            spans = []
            missing = length
            named = 0
        }
        for file in files {
            var offset = 0
            while offset < file.length {
                // A message has room for so many names; the job then ends with the piece.
                let toPieceEnd = missing % layout.pieceLength == 0 ? layout.pieceLength : missing % layout.pieceLength
                let room = named < Self.namesLimit ? missing : toPieceEnd
                let taken = min(room, file.length - offset)
                named += file.location.bytes.count + 32
                spans.append(FileSlice(path: file.location.bytes, offset: offset, length: taken))
                offset += taken
                missing -= taken
                if missing == 0 || named >= Self.namesLimit && missing.isMultiple(of: layout.pieceLength) {
                    try finish()
                }
            }
        }
        try finish()
        return jobs
    }
}

/// The bytes that all jobs of a payload have hashed so far.
private final class HashedBytes: Sendable {
    private let jobs = Mutex<[Int: Int]>([:])
    private let progress: @Sendable (Int) -> Void

    init(_ progress: @escaping @Sendable (Int) -> Void) { self.progress = progress }

    func set(_ job: Int, to bytes: Int) {
        progress(
            jobs.withLock { jobs in
                jobs[job] = max(jobs[job] ?? 0, bytes)
                return jobs.values.reduce(0) { $0 + $1 }
            }
        )
    }
}
