import BitTorrentTypes
import BusServices
import Metainfo
import PieceStore

/// Pieces of a torrent as jobs for the hasher-workers.
///
///     pieces  3 4 5   9   …          one job: runs [3 4 5] [9], up to 64 MiB
///
/// A job stays well below the 4 MiB of a message, whatever the number and the names of the files.
struct HashJobs {
    /// One job and the pieces whose digests it brings, in order.
    struct Part {
        let job: HashJob
        let pieces: [PieceIndex]
    }

    private static let byteLimit = 64 << 20
    private static let pieceLimit = 4096
    private static let messageLimit = 2 << 20

    /// Cuts ascending `pieces` into jobs.
    static func parts(_ pieces: [PieceIndex], of files: TorrentFiles, priority: HashJob.Priority) -> [Part] {
        var parts: [Part] = []
        var builder = Builder(files: files, priority: priority)
        for piece in pieces {
            if let full = builder.add(piece) { parts.append(full) }
        }
        if let last = builder.finish() { parts.append(last) }
        return parts
    }

    private struct Builder {
        let files: TorrentFiles
        let priority: HashJob.Priority
        var runs: [Range<Int>] = []
        var pieces: [PieceIndex] = []
        var bytes = 0
        var messageBytes = 0

        /// Takes one more piece; returns the job that is full without it.
        mutating func add(_ piece: PieceIndex) -> Part? {
            let range = files.bytes(of: piece)
            let cost = files.files(of: piece).reduce(0) { $0 + files.path(of: $1).count + 24 }
            let isFull =
                bytes + range.count > byteLimit || pieces.count == pieceLimit || messageBytes + cost > messageLimit
            let full = isFull ? finish() : nil
            if let last = runs.last, last.upperBound == range.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<range.upperBound
            } else {
                runs.append(range)
            }
            pieces.append(piece)
            bytes += range.count
            messageBytes += cost
            return full
        }

        mutating func finish() -> Part? {
            guard !pieces.isEmpty else { return nil }
            let runs = runs.map { range in
                do throws(PieceRunError) {
                    return try PieceRun(
                        slices: files.metainfo.spans(of: range).map { span in
                            FileSlice(path: files.path(of: span.fileIndex), offset: span.offset, length: span.length)
                        },
                        pieceLength: files.metainfo.layout.pieceLength
                    )
                } catch {
                    preconditionFailure("pieces of a torrent are a run: \(error)")
                }
            }
            let job = HashJob(
                priority: priority,
                runs: runs,
                expected: pieces.flatMap { files.metainfo.hash(of: $0) }
            )
            defer { self = Builder(files: files, priority: priority) }
            return Part(job: job, pieces: pieces)
        }
    }
}
