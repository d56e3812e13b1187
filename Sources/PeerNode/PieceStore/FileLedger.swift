import Synchronization

/// What the files of a torrent were when we last had to do with them: what a later look is held against.
///
///     known    │ stamp                      │ a difference means
///     settled  │ of the last flush          │ somebody else wrote to the file
///     open     │ of the last look           │ somebody else did, unless we wrote since
///
/// A file that nobody writes any more, because all its pieces are verified or because the torrent is only being checked,
/// is settled. A file that is not in the ledger is not ours yet: it may come to be.
final class FileLedger: Sendable {
    struct Entry {
        var identity: FileIdentity
        /// Bytes that the file has at least.
        var size: Int
        /// `nil` while we write to the file.
        var settled: FileStamp?
        /// Goes up by one when a write begins and by one when it ends.
        var writes = 0
        /// What the last look saw, and the count of writes then.
        var seen: (writes: Int, stamp: FileStamp)?
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        /// Files that somebody changed, until a check has taken note of them.
        var suspects: Set<Int> = []
        var device: UInt64?
    }

    private let state = Mutex(State())

    subscript(file: Int) -> Entry? { state.withLock { $0.entries[file] } }

    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    /// The device that the folder of the torrent was on at the start.
    var device: UInt64? {
        get { state.withLock { $0.device } }
        set { state.withLock { $0.device = newValue } }
    }

    /// Starts anew with the files that are there, all of them settled.
    func reset(_ found: [Int: FileSight]) {
        state.withLock { state in
            state.entries = found.mapValues { sight in
                Entry(identity: sight.identity, size: sight.stamp.size, settled: sight.stamp)
            }
        }
    }

    func removeAll() { state.withLock { $0.entries.removeAll() } }

    /// From now on we write to the files for which `isSettled` is false.
    func open(where isSettled: (Int) -> Bool) {
        state.withLock { state in
            for file in state.entries.keys where !isSettled(file) { state.entries[file]?.settled = nil }
        }
    }

    /// We have opened this file to write to it, and know it from now on; returns whether it is the one that we knew.
    func opened(_ file: Int, _ sight: FileSight) -> Bool {
        state.withLock { state in
            guard let known = state.entries[file] else {
                state.entries[file] = Entry(identity: sight.identity, size: sight.stamp.size, settled: nil)
                return true
            }
            if known.identity == sight.identity { return true }
            // Some file systems number their files anew; the same stamp is the same file.
            guard known.settled == sight.stamp else { return false }
            state.entries[file]?.identity = sight.identity
            return true
        }
    }

    func countWrite(_ file: Int) { state.withLock { $0.entries[file]?.writes += 1 } }

    /// What was flushed now has this stamp, and stays so when `isSettled`.
    func flushed(_ file: Int, _ stamp: FileStamp, isSettled: Bool) {
        state.withLock { state in
            state.entries[file]?.size = stamp.size
            state.entries[file]?.seen = nil
            if isSettled { state.entries[file]?.settled = stamp }
        }
    }

    /// Takes a look that saw nothing strange as the new state.
    func saw(_ file: Int, _ sight: FileSight, writes: Int) {
        state.withLock { state in
            state.entries[file]?.identity = sight.identity
            state.entries[file]?.seen = (writes, sight.stamp)
        }
    }

    func suspect(_ file: Int) { state.withLock { _ = $0.suspects.insert(file) } }

    func isSuspect(_ file: Int) -> Bool { state.withLock { $0.suspects.contains(file) } }

    func takeSuspects() -> Set<Int> {
        state.withLock { state in
            defer { state.suspects.removeAll() }
            return state.suspects
        }
    }
}
