import Synchronization

/// The descriptors a node holds open, over all its torrents: the longest unused one goes first.
package final class DescriptorCache: Sendable {
    /// One file of one torrent.
    struct Key: Hashable {
        let torrent: ObjectIdentifier
        let file: Int
    }

    private struct Entry {
        var file: OpenFile
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var clock: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// A cache of at most `limit` descriptors; far below the usual `ulimit -n` of 1024, which sockets need too.
    package init(limit: Int = 256) {
        precondition(limit > 0, "a cache holds something")
        self.limit = limit
    }

    /// The open file of `key`; opened by `open` when there is none, or none that can be written and must be.
    func file(
        _ key: Key,
        writable: Bool,
        open: () throws(StoreError) -> OpenFile
    ) throws(StoreError) -> OpenFile {
        let known: OpenFile? = state.withLock { state in
            state.clock += 1
            guard let file = state.entries[key]?.file, file.isWritable || !writable else { return nil }
            state.entries[key]?.lastUse = state.clock
            return file
        }
        if let known { return known }
        let file: OpenFile
        do throws(StoreError) { file = try open() } catch .tooManyOpenFiles(let path) {
            // Sockets took what there was. Files that are not in use just now make room for this one.
            let isAnyClosed = state.withLock { state in
                defer { state.entries.removeAll() }
                return !state.entries.isEmpty
            }
            guard isAnyClosed else { throw .tooManyOpenFiles(path: path) }
            file = try open()
        }
        state.withLock { state in
            state.entries[key] = Entry(file: file, lastUse: state.clock)
            while state.entries.count > limit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
        }
        return file
    }

    /// Closes every file of `torrent`.
    func closeAll(of torrent: ObjectIdentifier) {
        state.withLock { state in state.entries = state.entries.filter { $0.key.torrent != torrent } }
    }
}
