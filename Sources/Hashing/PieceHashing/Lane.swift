import BitTorrentTypes
import CHashKernels
import MerkleTree

/// One of the places where pieces are hashed side by side: reads its claim chunk by chunk, and gathers what comes out.
///
///     a large piece    ▓▓▓▓▓▓▓▓│chunk│░░░░░░░░░░
///     small pieces     │▓▓▓▓▓▓▓▓▓▓▓▓▓│            all of a claim in one chunk
///
/// A piece that cannot be read gets its problem as outcome, and the next one is taken: one lost file of a folder must not
/// hide the state of the others.
final class Lane {
    /// Read at once, in bytes.
    ///
    /// Whole leaves of 16 KiB. Sixteen chunks are twice a second-level cache of 1 MiB; shorter ones pay more for system
    /// calls than they win there (measured over files in memory: 32 KiB 3.7, 64 KiB 4.2, 128 KiB 4.5 GB/s a core).
    static let chunkLength = 128 * 1024

    private let buffer: UnsafeMutableRawBufferPointer
    private let stream: UnsafeMutablePointer<chk_stream>
    private let reader = RunReader()
    private var lastCall: Int?
    private(set) var claim: Claim?
    /// Of the claim, before the chunk in the buffer.
    private var offset = 0
    /// Bytes in the buffer.
    private var filled = 0
    private var leaves: [UInt8] = []
    private var problems: [Int: FileProblem] = [:]

    init(buffer: UnsafeMutableRawBufferPointer, stream: UnsafeMutablePointer<chk_stream>) {
        self.buffer = buffer
        self.stream = stream
    }

    func take(_ claim: Claim) {
        // Between two calls a path may have come to mean another file.
        if lastCall != claim.call.number { reader.close() }
        lastCall = claim.call.number
        self.claim = claim
        offset = 0
        filled = 0
    }

    func drop() {
        claim = nil
        filled = 0
        leaves.removeAll(keepingCapacity: true)
        problems.removeAll()
    }

    /// Lets a cold disk begin with this claim, and with the one that follows in `distance` pieces.
    func readAhead(distance: Int) {
        guard let claim else { return }
        let run = claim.pieceRun
        let start = claim.pieces.lowerBound * run.pieceLength
        let length = length(of: claim)
        reader.readAhead(run, from: start + offset, to: start + length, forOthers: false)
        guard offset == 0 else { return }
        let next = start + distance * claim.pieces.count * run.pieceLength
        reader.readAhead(run, from: next, to: min(next + length, run.totalLength), forOthers: true)
    }

    /// Reads the next chunk.
    func read() {
        guard let claim else { return }
        let run = claim.pieceRun
        let start = claim.pieces.lowerBound * run.pieceLength
        let length = length(of: claim)
        filled = min(Self.chunkLength, length - offset)
        let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<filled])
        do {
            try reader.read(run, at: start + offset, into: chunk, end: start + length)
        } catch {
            if claim.pieces.count == 1 {
                problems[claim.pieces.lowerBound] = error
            } else {
                readOneByOne(claim, run)
            }
        }
    }

    /// Finds out which of the small pieces of a claim have the problem.
    private func readOneByOne(_ claim: Claim, _ run: PieceRun) {
        var filled = 0
        for piece in claim.pieces {
            let length = run.length(ofPiece: piece)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + length])
            do {
                try reader.read(run, at: piece * run.pieceLength, into: part, end: piece * run.pieceLength + length)
            } catch {
                problems[piece] = error
            }
            filled += length
        }
    }

    /// The parts in the buffer; of what could not be read the bytes are old ones, and their digests are thrown away.
    func forEachPart(_ body: (PiecePart) -> Void) {
        guard let claim, filled > 0 else { return }
        let run = claim.pieceRun
        let fileLength = run.hashes.treeWidth == nil ? run.totalLength : run.slices[0].length
        var start = 0
        for piece in claim.pieces {
            let length = min(run.length(ofPiece: piece) - offset, filled - start)
            let position = piece * run.pieceLength + offset
            body(
                PiecePart(
                    bytes: UnsafeRawBufferPointer(rebasing: buffer[start..<start + length]),
                    fileLength: max(0, min(length, fileLength - position)),
                    isStart: offset == 0,
                    isEnd: offset + length == run.length(ofPiece: piece),
                    hashes: run.hashes,
                    stream: stream
                )
            )
            start += length
        }
    }

    /// Goes on behind the chunk, whose digests come from `digests`, and tells what is done now.
    ///
    /// A claim that is done, or cannot be read, leaves the lane free.
    func settle(_ digests: (PiecePart) -> PartDigests, into report: inout StepReport) {
        guard let claim, filled > 0 else { return }
        var piece = claim.pieces.lowerBound
        forEachPart { part in
            let found = digests(part)
            if let problem = problems[piece] {
                report.add(claim, piece, .unreadable(problem.description))
            } else {
                leaves += found.leaves
                if part.isEnd { report.add(claim, piece, .hashed(hashes(found.sha1, part.hashes))) }
            }
            piece += 1
        }
        let length = length(of: claim)
        offset += filled
        // The rest of what cannot be read passes at once.
        let isOver = offset == length || !problems.isEmpty
        report.pass(claim, isOver ? length - offset + filled : filled)
        if isOver { drop() }
    }

    private func hashes(_ sha1: [UInt8]?, _ kind: PieceHashKind) -> PieceHashes {
        guard let width = kind.treeWidth else { return PieceHashes(sha1: sha1) }
        defer { leaves.removeAll(keepingCapacity: true) }
        return PieceHashes(sha1: sha1, merkleRoot: MerkleTree.root(ofLeaves: leaves[...], width: width))
    }

    private func length(of claim: Claim) -> Int {
        let run = claim.pieceRun
        let start = claim.pieces.lowerBound * run.pieceLength
        return min(claim.pieces.upperBound * run.pieceLength, run.totalLength) - start
    }
}
