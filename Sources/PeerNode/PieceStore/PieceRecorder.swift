package import BitTorrentTypes
import Dispatch
import Metainfo
import Synchronization

/// Records verified pieces, each only after its bytes are on the disk.
///
///     verified ──► window (200 ms … 5 s, 256 MiB) ──► fdatasync files ──► one transaction ──► recorded
///
/// A crash before the transaction costs hashing the window again, never a wrong bit. A disk that takes long to flush is
/// asked less often, so that flushes take a tenth of the time. All the blocking happens on one thread of its own; callers
/// never wait.
package final class PieceRecorder: Sendable {
    /// What is waiting for one torrent.
    private struct Window {
        let files: TorrentFiles
        var verified: Bitfield
        var counters: RecordedCounters
        var pieces: [PieceIndex]
        /// What is left of the check that the pieces come from, when they come from one.
        var unchecked: Bitfield?
        let report: Report
    }

    private struct State {
        var windows: [InfoHash: Window] = [:]
        var bytes = 0
        var isScheduled = false
        /// How long the disk took for the last flush.
        var lastFlush = Duration.zero
        /// Torrents of which a flush failed: nothing is recorded of them until they start anew.
        var broken: Set<InfoHash> = []
    }

    /// Told of the pieces that are now recorded, or why they could not be; on the recorder's thread.
    package typealias Report = @Sendable (Result<[PieceIndex], any Error>) -> Void

    private let database: NodeDatabase
    private let queue = DispatchQueue(label: "piece-recorder", qos: .userInitiated)
    private let state = Mutex(State())
    private let delay: Duration
    private let byteLimit: Int

    private static let longestDelay = Duration.seconds(5)

    /// A recorder that flushes `delay` milliseconds after the first verified piece, later when the disk is slow, or after
    /// `byteLimit` bytes.
    package init(database: NodeDatabase, delayMilliseconds: Int = 200, byteLimit: Int = 256 << 20) {
        self.database = database
        delay = .milliseconds(delayMilliseconds)
        self.byteLimit = byteLimit
    }

    /// Takes pieces whose hash is right, and which may be none; `verified` holds all verified pieces of the torrent.
    ///
    /// A check tells the pieces that it has left as well, and ends by telling that there are none.
    package func add(
        _ pieces: [PieceIndex],
        verified: Bitfield,
        unchecked: Bitfield? = nil,
        counters: RecordedCounters,
        of files: TorrentFiles,
        report: @escaping Report
    ) {
        let infoHash = files.metainfo.infoHash
        let length = pieces.reduce(0) { $0 + files.metainfo.layout.length(of: $1) }
        let (pause, isFull) = state.withLock { state -> (Duration?, Bool) in
            var window =
                state.windows[infoHash]
                ?? Window(files: files, verified: verified, counters: counters, pieces: [], report: report)
            window.verified = verified
            window.counters = counters
            window.pieces += pieces
            if let unchecked { window.unchecked = unchecked }
            state.windows[infoHash] = window
            state.bytes += length
            defer { state.isScheduled = true }
            let isFull = state.bytes >= byteLimit && state.bytes - length < byteLimit
            return (state.isScheduled ? nil : max(delay, min(state.lastFlush * 10, Self.longestDelay)), isFull)
        }
        if isFull {
            queue.async { self.flush() }
        } else if let pause {
            queue.asyncAfter(deadline: .now() + .nanoseconds(Int(pause / .nanoseconds(1)))) { self.flush() }
        }
    }

    /// Forgets what waits for a torrent and that a flush of it failed: it starts anew or is being removed.
    package func forget(_ infoHash: InfoHash) {
        state.withLock { state in
            state.windows[infoHash] = nil
            state.broken.remove(infoHash)
        }
    }

    /// Runs `work` on the recorder's thread, after everything that was added so far is recorded.
    package func afterFlush<Value: Sendable>(
        _ work: @escaping @Sendable (NodeDatabase) -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async {
                self.flush()
                continuation.resume(returning: work(self.database))
            }
        }
    }

    private func flush() {
        let windows = state.withLock { state in
            defer {
                state.windows.removeAll()
                state.bytes = 0
                state.isScheduled = false
            }
            return state.windows.filter { !state.broken.contains($0.key) }
        }
        guard !windows.isEmpty else { return }
        let begun = ContinuousClock.now
        defer { state.withLock { $0.lastFlush = ContinuousClock.now - begun } }
        var progress: [NodeDatabase.Progress] = []
        var flushed: [Window] = []
        for (infoHash, window) in windows {
            let touched = Set(window.pieces.flatMap { window.files.files(of: $0) })
            let stamps: [Int: FileStamp]
            do {
                try window.files.synchronize(touched)
                stamps = try window.files.flushedStamps(of: touched, verified: window.verified)
            } catch {
                state.withLock { state in _ = state.broken.insert(infoHash) }
                window.report(.failure(error))
                continue
            }
            progress.append(
                NodeDatabase.Progress(
                    infoHash: infoHash,
                    verified: window.verified,
                    counters: window.counters,
                    stamps: stamps,
                    check: window.unchecked.map { .left($0) } ?? .unchanged
                )
            )
            flushed.append(window)
        }
        guard !flushed.isEmpty else { return }
        do {
            try database.record(progress)
            for window in flushed { window.report(.success(window.pieces)) }
        } catch {
            state.withLock { state in state.broken.formUnion(progress.map(\.infoHash)) }
            for window in flushed { window.report(.failure(error)) }
        }
    }
}
