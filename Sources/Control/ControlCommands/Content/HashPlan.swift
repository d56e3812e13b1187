import BitTorrentTypes

/// The pieces of some files, cut into jobs that are hashed side by side.
///
///     files    │ a          │ b │ c                │       version 1: pieces run over all files
///     pieces   │ 0   │ 1   │ 2   │ 3   │ 4   │ 5   │
///     jobs     │ 0                │ 1              │
///
///     files    │ a          │░│ b │░░░│ c │░░░│ d    │     version 2: a run for each file (░ padding)
///     pieces   │ 0   │ 1      │ 2     │ 3     │ 4    │
///     jobs     │ 0                    │ 1            │     many small files are one job
struct HashPlan: Sendable {
    /// What one request to a hasher holds.
    struct Job: Hashable, Sendable {
        let firstPiece: Int
        let runs: [PieceRun]
        let pieceCount: Int
        /// Bytes, padding included.
        let length: Int
    }

    /// How much a job may hold.
    struct Limit: Hashable, Sendable {
        let bytes: Int
        /// Bytes that its slices take in a message.
        let message: Int

        /// All in one job: a hasher in this process shares it out among its threads itself.
        static let none = Limit(bytes: .max, message: .max)
        /// Long enough to be worth a message of the bus, short enough for several workers to share.
        static let worker = Limit(bytes: 64 << 20, message: 2 << 20)
    }

    let jobs: [Job]
    /// Bytes, padding included.
    let totalLength: Int
    let pieceCount: Int

    /// A job has as many whole pieces as `limit` allows, and at least one.
    init(_ runs: [PieceRun], limit: Limit) throws(PieceRunError) {
        var cutter = HashJobCutter(limit)
        for run in runs { try cutter.add(run) }
        jobs = cutter.finished()
        totalLength = jobs.reduce(0) { $0 + $1.length }
        pieceCount = jobs.reduce(0) { $0 + $1.pieceCount }
    }
}
