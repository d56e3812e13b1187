package import BitTorrentTypes
import Glibc

/// Hashes the pieces of files on threads of its own, so that nobody else's task waits for a disk.
///
///     runs       │ run 0: pieces 0 … 99          │ run 1: pieces 0 … 9 │
///     thread 0   │ 0…15 │       │ 32…47 │ …        up to sixteen side by side, refilled as they end
///     thread 1          │ 16…31 │       │ …
///
/// Used by a hasher-worker with one thread, and by `p2pctl create` and `verify` with one for each core. Calls may overlap.
///
/// - Memory: buffers of 2 MiB a thread, twice that when an interactive call comes into a bulk one; it does not grow with what is
///   hashed. The outcomes are the caller's: about 100 bytes a piece.
package struct PieceHasher: Sendable {
    package enum Priority: Hashable, Sendable {
        /// Hashed at once, in between two reads of a bulk call.
        case interactive
        case bulk
    }

    private let queue: HashingQueue

    /// A hasher with so many threads, or one for each core that this process may use.
    package init(threads: Int = availableCores, path: HashPath = .automatic) {
        precondition(threads > 0, "somebody has to hash")
        queue = HashingQueue(threads: threads, path: path)
    }

    package static var availableCores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The outcome of every piece of every run, in order.
    ///
    /// `progress` hears the bytes passed so far, growing, some fifty times a second and at the end. It is called from the
    /// hashing threads, one at a time, and must not wait.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled; threads stop before their next read.
    package func hash(
        _ runs: [PieceRun],
        priority: Priority = .bulk,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(CancellationError) -> [PieceOutcome] {
        let call = HashingCall(runs, progress: progress)
        guard call.pieceCount > 0 else { return [] }
        let outcomes = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.answer(continuation)
                queue.add(call, priority)
            }
        } onCancel: {
            call.cancel()
        }
        guard let outcomes else { throw CancellationError() }
        return outcomes
    }
}
