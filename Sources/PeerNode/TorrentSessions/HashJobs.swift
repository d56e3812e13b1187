import BitTorrentTypes
import BusServices
import Metainfo
import PieceStore

/// Pieces of a torrent as jobs for the hasher-workers, one after the other.
///
///     pieces  3 4 5   9   …          one job: runs [3 4 5] [9], up to 64 MiB
///
/// A job stays well below the 4 MiB of a message, whatever the number and the names of the files.
struct HashJobs: Sequence, IteratorProtocol {
    /// One job and the pieces whose digests it brings, in order.
    struct Part {
        let job: HashJob
        let pieces: [PieceIndex]
    }

    private static let byteLimit = 64 << 20
    private static let pieceLimit = 4096
    private static let messageLimit = 2 << 20
    /// Of a file's name in a message: its offset, its length and the marks around them.
    private static let spanBytes = 24

    private let files: TorrentFiles
    private let priority: HashJob.Priority
    private let task: HashTask?
    private var pieces: ArraySlice<PieceIndex>

    /// Jobs for ascending `pieces`; `task` is what they are parts of.
    init(_ pieces: [PieceIndex], of files: TorrentFiles, priority: HashJob.Priority, task: HashTask? = nil) {
        self.files = files
        self.priority = priority
        self.task = task
        self.pieces = pieces[...]
    }

    mutating func next() -> Part? {
        var (count, bytes, messageBytes) = (0, 0, 0)
        var runs: [Range<Int>] = []
        var expected: [UInt8] = []
        for piece in pieces {
            let range = files.bytes(of: piece)
            let isNext = runs.last?.upperBound == range.lowerBound
            let cost = messageCost(of: range, continuing: isNext)
            let isFull =
                bytes + range.count > Self.byteLimit || count == Self.pieceLimit
                || messageBytes + cost > Self.messageLimit
            if isFull, count > 0 { break }
            if isNext, let last = runs.popLast() {
                runs.append(last.lowerBound..<range.upperBound)
            } else {
                runs.append(range)
            }
            expected.append(contentsOf: files.metainfo.hash(of: piece))
            count += 1
            bytes += range.count
            messageBytes += cost
        }
        guard count > 0 else { return nil }
        defer { pieces.removeFirst(count) }
        let job = HashJob(priority: priority, runs: runs.map(run), expected: expected, task: task)
        return Part(job: job, pieces: Array(pieces.prefix(count)))
    }

    /// What a piece adds to a message: a span for each file that the piece before it has not named.
    private func messageCost(of range: Range<Int>, continuing: Bool) -> Int {
        let spans = files.metainfo.spans(of: range)
        let new = continuing && spans.first.map { $0.offset > 0 } == true ? spans.dropFirst() : spans[...]
        return new.reduce(InfoHash.byteCount) { $0 + files.path(of: $1.fileIndex).count + Self.spanBytes }
    }

    private func run(_ range: Range<Int>) -> PieceRun {
        do throws(PieceRunError) {
            return try PieceRun(
                slices: files.metainfo.spans(of: range).map(slice),
                pieceLength: files.metainfo.layout.pieceLength
            )
        } catch {
            preconditionFailure("pieces of a torrent are a run: \(error)")
        }
    }

    private func slice(_ span: FileSpan) -> FileSlice {
        guard !files.metainfo.files[span.fileIndex].isPadding else { return .padding(span.length) }
        let (path, offset) = files.location(of: span.fileIndex, at: span.offset)
        return FileSlice(path: path, offset: offset, length: span.length)
    }
}
