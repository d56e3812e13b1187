package import BitTorrentTypes
package import BusTransport

/// Pieces to hash: ranges of files, never payload.
package struct HashJob: Hashable, Sendable {
    package enum Priority: Hashable, Sendable {
        /// A piece that somebody is waiting for.
        case interactive
        /// Creating and rechecking.
        case bulk
    }

    package let priority: Priority
    /// All of the same piece length; paths are absolute.
    package let runs: [PieceRun]
    /// What the pieces should hash to, in order, 20 bytes each; empty when nobody knows.
    ///
    /// The hub keeps it from the workers and has a piece that differs hashed again by another one before it answers.
    package let expected: [UInt8]
    /// What the job is a part of.
    package let task: HashTask?

    package init(priority: Priority, runs: [PieceRun], expected: [UInt8] = [], task: HashTask? = nil) {
        self.priority = priority
        self.runs = runs
        self.expected = expected
        self.task = task
    }

    package var pieceCount: Int { runs.reduce(0) { $0 + $1.pieceCount } }
    package var byteCount: Int { runs.reduce(0) { $0 + $1.totalLength } }
}

/// The larger work that hash jobs are parts of: what a person sees in `p2pctl jobs` and may cancel.
///
///     task   recheck "album"   ▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░   bytesBefore … bytesTotal
///     jobs                            │ 64 MiB │ 64 MiB │ …
package struct HashTask: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Finding out what of a torrent is on the disk.
        case check
        /// The same, asked for by a person.
        case recheck
        case upload
        case create
    }

    /// Names the task among those of its asker, as long as it runs.
    package let id: String
    package let kind: Kind
    package let name: [UInt8]
    /// `nil` for what has no torrent yet.
    package let infoHash: InfoHash?
    /// Of the whole work.
    package let bytesTotal: Int
    /// Of these, done by an earlier life of the asker, so not by any job of this one.
    package let bytesBefore: Int

    package init(
        id: String,
        kind: Kind,
        name: [UInt8],
        infoHash: InfoHash? = nil,
        bytesTotal: Int,
        bytesBefore: Int = 0
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.infoHash = infoHash
        self.bytesTotal = bytesTotal
        self.bytesBefore = bytesBefore
    }
}

/// Hashes pieces of files; done by the hasher-workers.
package protocol HashingService: Sendable {
    /// The outcome of every piece of every run, in order.
    ///
    /// During a long job `progress` is told, now and then, the bytes hashed so far.
    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceOutcome]
}
