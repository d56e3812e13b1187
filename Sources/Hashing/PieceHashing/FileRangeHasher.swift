import BitTorrentTypes
/// Hashes pieces on the thread that calls, with memory that does not grow with them.
///
/// A piece that cannot be read gets its problem as outcome, and the next one is taken: one lost file of a folder must not
/// hide the state of the others.
final class FileRangeHasher {
    /// Read at once, in bytes: fits the second-level cache, and a cancelled job ends within one.
    static let chunkLength = 256 * 1024

    private let reader = RunReader()
    private let buffer: UnsafeMutableRawBufferPointer
    private var digester = PieceDigester()

    init() {
        buffer = .allocate(byteCount: PieceDigester.laneCount * Self.chunkLength, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// The outcome of each of `pieces`, in order.
    ///
    /// `advance` is told the bytes of each step, and answers whether to go on.
    ///
    /// - Throws: `CancellationError` when `advance` said no.
    func hash(
        _ run: PieceRun,
        pieces: Range<Int>,
        advance: (Int) -> Bool
    ) throws(CancellationError) -> [PieceOutcome] {
        var outcomes: [PieceOutcome] = []
        outcomes.reserveCapacity(pieces.count)
        for first in stride(from: pieces.lowerBound, to: pieces.upperBound, by: PieceDigester.laneCount) {
            let end = min(first + PieceDigester.laneCount, pieces.upperBound)
            outcomes += try hashSideBySide(run, first..<end, advance: advance)
        }
        return outcomes
    }

    /// One piece a lane.
    private func hashSideBySide(
        _ run: PieceRun,
        _ pieces: Range<Int>,
        advance: (Int) -> Bool
    ) throws(CancellationError) -> [PieceOutcome] {
        var problems = [FileProblem?](repeating: nil, count: pieces.count)
        // The first piece is as long as any: only the last of a run may be short.
        let longest = run.length(ofPiece: pieces.lowerBound)
        for offset in stride(from: 0, to: longest, by: Self.chunkLength) {
            var chunks = [UnsafeRawBufferPointer](repeating: .init(start: nil, count: 0), count: pieces.count)
            var passed = 0
            for (lane, piece) in pieces.enumerated() {
                let length = min(Self.chunkLength, run.length(ofPiece: piece) - offset)
                guard length > 0 else { continue }
                passed += length
                guard problems[lane] == nil else { continue }
                let start = lane * Self.chunkLength
                let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + length])
                do {
                    try reader.read(run, at: piece * run.pieceLength + offset, into: chunk)
                    chunks[lane] = UnsafeRawBufferPointer(chunk)
                } catch {
                    problems[lane] = error
                }
            }
            digester.update(chunks)
            guard advance(passed) else {
                for lane in 0..<pieces.count { _ = digester.finish(lane: lane) }
                throw CancellationError()
            }
        }
        return problems.enumerated().map { lane, problem in
            let digest = digester.finish(lane: lane)
            return problem.map { .unreadable($0.description) } ?? .sha1(digest)
        }
    }
}
