import BitTorrentTypes

/// Groups runs of pieces into jobs, and cuts runs that are too long for one.
struct HashJobCutter {
    /// What a slice takes in a message besides its path, in bytes.
    private static let sliceOverhead = 32

    private let limit: HashPlan.Limit
    private var jobs: [HashPlan.Job] = []
    private var nextPiece = 0
    // The job that is being filled.
    private var runs: [PieceRun] = []
    private var pieces = 0
    private var length = 0
    private var message = 0

    init(_ limit: HashPlan.Limit) {
        self.limit = limit
    }

    mutating func add(_ run: PieceRun) throws(PieceRunError) {
        guard run.pieceCount > 0 else { return }
        let message = limit.message == .max ? 0 : run.slices.reduce(0) { $0 + Self.message(of: $1) }
        if run.totalLength <= limit.bytes, message <= limit.message {
            if run.totalLength > limit.bytes - length || message > limit.message - self.message { finishJob() }
            take(run, message: message)
        } else {
            finishJob()
            try cut(run)
        }
    }

    mutating func finished() -> [HashPlan.Job] {
        finishJob()
        return jobs
    }

    /// Makes jobs of whole pieces of `run`; the last of them may take more runs.
    private mutating func cut(_ run: PieceRun) throws(PieceRunError) {
        let partLimit = max(1, limit.bytes / run.pieceLength) * run.pieceLength
        var slices: [FileSlice] = []
        var part = 0
        var message = 0
        for slice in run.slices {
            var offset = 0
            while offset < slice.length {
                // A part of very many small files ends early, with the piece: its job must fit a message.
                let isFull = message >= limit.message
                let room = isFull ? run.pieceLength - part % run.pieceLength : partLimit - part
                let length = min(slice.length - offset, room)
                let piece = FileSlice(path: slice.path, offset: slice.offset + offset, length: length)
                slices.append(piece)
                message += Self.message(of: piece)
                offset += length
                part += length
                if part == partLimit || isFull && part.isMultiple(of: run.pieceLength) {
                    take(
                        try PieceRun(slices: slices, pieceLength: run.pieceLength, hashes: run.hashes),
                        message: message
                    )
                    finishJob()
                    (slices, part, message) = ([], 0, 0)
                }
            }
        }
        guard part > 0 else { return }
        take(try PieceRun(slices: slices, pieceLength: run.pieceLength, hashes: run.hashes), message: message)
    }

    private mutating func take(_ run: PieceRun, message: Int) {
        runs.append(run)
        pieces += run.pieceCount
        length += run.totalLength
        self.message += message
    }

    private mutating func finishJob() {
        guard !runs.isEmpty else { return }
        jobs.append(HashPlan.Job(firstPiece: nextPiece, runs: runs, pieceCount: pieces, length: length))
        nextPiece += pieces
        (runs, pieces, length, message) = ([], 0, 0, 0)
    }

    private static func message(of slice: FileSlice) -> Int { slice.path.count + sliceOverhead }
}
