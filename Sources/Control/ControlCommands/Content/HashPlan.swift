import BitTorrentTypes
import BusServices

/// The pieces of some files, cut into runs that are hashed side by side.
///
///     files    │ a          │ b │ c                │
///     pieces   │ 0   │ 1   │ 2   │ 3   │ 4   │ 5   │
///     runs     │ 0                │ 1              │
struct HashPlan: Sendable {
    struct Run: Sendable {
        let firstPiece: Int
        let pieceCount: Int
        /// Bytes.
        let length: Int
        let spans: [FileSlice]
    }

    let pieceLength: Int
    let totalLength: Int
    let runs: [Run]

    /// Spans of one run, about; paths are at most a few hundred bytes, and a message 4 MiB.
    private static let mostSpans = 4096

    var pieceCount: Int { runs.last.map { $0.firstPiece + $0.pieceCount } ?? 0 }

    /// A run has as many whole pieces as fit in `runLength` bytes, and at least one.
    init(files: [(path: BytePath, length: Int)], pieceLength: Int, runLength: Int) {
        precondition(pieceLength > 0, "a piece has bytes")
        self.pieceLength = pieceLength
        totalLength = files.reduce(0) { $0 + $1.length }
        let runBytes = max(1, runLength / pieceLength) * pieceLength
        var runs: [Run] = []
        var spans: [FileSlice] = []
        var gathered = 0
        var firstPiece = 0

        func finishRun() {
            guard gathered > 0 else { return }
            let pieces = (gathered - 1) / pieceLength + 1
            runs.append(Run(firstPiece: firstPiece, pieceCount: pieces, length: gathered, spans: spans))
            (spans, gathered, firstPiece) = ([], 0, firstPiece + pieces)
        }
        for file in files {
            var offset = 0
            while offset < file.length {
                // A run of very many small files ends early, at the next piece: its job must fit a message.
                let isFull = spans.count >= Self.mostSpans
                let room = isFull ? pieceLength - gathered % pieceLength : runBytes - gathered
                let length = min(file.length - offset, room)
                spans.append(FileSlice(path: file.path.bytes, offset: offset, length: length))
                offset += length
                gathered += length
                if gathered == runBytes || isFull && gathered % pieceLength == 0 { finishRun() }
            }
        }
        finishRun()
        self.runs = runs
    }
}

extension HashPlan {
    /// The digest of every piece, in order, with `concurrency` runs under way at a time.
    ///
    /// `progress` is told the bytes hashed so far, from any thread.
    func digests(
        by hasher: any HashingService,
        concurrency: Int,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [PieceOutcome] {
        let tally = HashTally(progress)
        return try await withThrowingTaskGroup(of: (Int, [PieceOutcome]).self) { group in
            var answers: [[PieceOutcome]] = Array(repeating: [], count: runs.count)
            var next = 0
            func start() {
                guard next < runs.count else { return }
                let (index, run) = (next, runs[next])
                next += 1
                group.addTask {
                    let pieces = try PieceRun(slices: run.spans, pieceLength: pieceLength)
                    let job = HashJob(priority: .bulk, runs: [pieces])
                    let digests = try await hasher.hash(job) { tally.run(index, hashed: min($0, run.length)) }
                    guard digests.count == run.pieceCount else {
                        throw CommandFailure("a hasher answered with the wrong number of pieces; try again")
                    }
                    tally.run(index, hashed: run.length)
                    return (index, digests)
                }
            }
            for _ in 0..<max(1, concurrency) { start() }
            while let (index, digests) = try await group.next() {
                answers[index] = digests
                start()
            }
            return Array(answers.joined())
        }
    }
}
