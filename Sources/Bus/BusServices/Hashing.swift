package import BusTransport

/// Pieces to hash: ranges of files, never payload.
package struct HashJob: Hashable, Sendable {
    package enum Priority: Hashable, Sendable {
        /// A piece that somebody is waiting for.
        case interactive
        /// Creating and rechecking.
        case bulk
    }

    /// Bytes of one file: `offset` and `length` in bytes; the path is absolute, as bytes.
    package struct Span: Hashable, Sendable {
        package let path: [UInt8]
        package let offset: Int
        package let length: Int

        package init(path: [UInt8], offset: Int, length: Int) {
            self.path = path
            self.offset = offset
            self.length = length
        }
    }

    /// Consecutive pieces: the spans, joined, are cut every `pieceLength` bytes; the last piece may be short.
    package struct Run: Hashable, Sendable {
        package let spans: [Span]

        package init(spans: [Span]) {
            self.spans = spans
        }
    }

    package let pieceLength: Int
    package let priority: Priority
    package let runs: [Run]

    package init(pieceLength: Int, priority: Priority, runs: [Run]) {
        self.pieceLength = pieceLength
        self.priority = priority
        self.runs = runs
    }
}

/// What became of one piece of a job.
package enum PieceDigest: Hashable, Sendable {
    /// 20 bytes.
    case sha1([UInt8])
    /// The bytes could not be read, and why.
    case unreadable(String)
}

/// Hashes pieces of files; done by the hasher-workers.
package protocol HashingService: Sendable {
    /// The digests of every piece of every run, in order.
    ///
    /// During a long job `progress` is told, now and then, the bytes hashed so far.
    func hash(_ job: HashJob, progress: @escaping @Sendable (Int) -> Void) async throws(BusFault) -> [PieceDigest]
}
