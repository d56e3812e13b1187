import BitTorrentTypes
import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// The calls of ``HashingService``, as the envelope names them.
package enum HashingMethod: String, CaseIterable, Sendable {
    case hash = "hashing.hash"
}

/// How hash jobs and their answers travel.
package enum HashingMessages {
    /// Pieces in one job: more would not fit into the answer.
    package static let maximumPieces = 65_536
    /// Bytes of one digest: SHA-1.
    package static let digestBytes = 20

    package static func encode(_ job: HashJob) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashRequest.with {
            $0.algorithm = .sha1
            $0.priority = job.priority == .interactive ? .interactive : .bulk
            $0.pieceLength = UInt32(clamping: job.pieceLength)
            $0.runs = job.runs.map { run in
                P2p_V1_HashRun.with { $0.spans = run.spans.map(P2p_V1_FileSpan.init) }
            }
        }.body()
    }

    package static func job(_ body: [UInt8]) throws(BusFault) -> HashJob {
        let message = try P2p_V1_HashRequest(body: body)
        guard message.algorithm == .sha1 else {
            throw BusFault(.invalid, "unknown hash algorithm \(message.algorithm.rawValue)")
        }
        let priority: HashJob.Priority =
            switch message.priority {
            case .interactive: .interactive
            case .bulk: .bulk
            case .unspecified, .UNRECOGNIZED:
                throw BusFault(.invalid, "unknown hash priority \(message.priority.rawValue)")
            }
        let job = HashJob(
            pieceLength: Int(message.pieceLength),
            priority: priority,
            runs: try message.runs.map(HashJob.Run.init)
        )
        _ = try job.measure()
        return job
    }

    package static func encode(_ digests: [PieceDigest]) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashReply.with {
            $0.pieces = digests.map { digest in
                P2p_V1_PieceDigest.with {
                    switch digest {
                    case .sha1(let bytes): $0.digest = Data(bytes)
                    case .unreadable(let problem): $0.problem = problem.isEmpty ? "unreadable" : problem
                    }
                }
            }
        }.body()
    }

    /// The digests of an answer, which must be `count`, each of the length of a digest or with a problem.
    package static func digests(_ body: [UInt8], count: Int) throws(BusFault) -> [PieceDigest] {
        let pieces = try P2p_V1_HashReply(body: body).pieces
        guard pieces.count == count else {
            throw BusFault(.invalid, "\(pieces.count) digests came for \(count) pieces")
        }
        return try pieces.map(PieceDigest.init)
    }

    package static func encode(bytesHashed: Int) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashProgress.with { $0.bytesHashed = UInt64(clamping: bytesHashed) }.body()
    }

    package static func bytesHashed(_ body: [UInt8]) throws(BusFault) -> Int {
        try Field.size(P2p_V1_HashProgress(body: body).bytesHashed, "bytes_hashed")
    }
}

extension HashJob {
    /// How many pieces and bytes the job has.
    ///
    /// Refused when it has none, has too many, or a number makes no sense.
    package func measure() throws(BusFault) -> (pieces: Int, bytes: Int) {
        guard pieceLength > 0 else { throw BusFault(.invalid, "a piece length must be positive") }
        var pieces = 0
        var bytes = 0
        for run in runs {
            var length = 0
            for span in run.spans {
                guard span.offset >= 0, span.length > 0, span.offset <= Int.max - span.length,
                    length <= Int.max - span.length
                else { throw BusFault(.invalid, "a span of \(span.length) bytes at \(span.offset) makes no sense") }
                length += span.length
            }
            guard length > 0 else { throw BusFault(.invalid, "a run of pieces has no bytes") }
            let here = (length - 1) / pieceLength + 1
            guard here <= HashingMessages.maximumPieces - pieces, bytes <= Int.max - length else {
                throw BusFault(.invalid, "a job has more than \(HashingMessages.maximumPieces) pieces")
            }
            pieces += here
            bytes += length
        }
        guard pieces > 0 else { throw BusFault(.invalid, "a job has no pieces") }
        return (pieces, bytes)
    }
}

extension HashJob.Run {
    fileprivate init(_ message: P2p_V1_HashRun) throws(BusFault) {
        self.init(spans: try message.spans.map(HashJob.Span.init))
    }
}

extension HashJob.Span {
    fileprivate init(_ message: P2p_V1_FileSpan) throws(BusFault) {
        self.init(
            path: try Field.absolutePath(message.path),
            offset: try Field.size(message.offset, "offset"),
            length: try Field.size(message.length, "length")
        )
    }
}

extension P2p_V1_FileSpan {
    fileprivate init(_ span: HashJob.Span) {
        self.init()
        path = Data(span.path)
        offset = UInt64(clamping: span.offset)
        length = UInt64(clamping: span.length)
    }
}

extension PieceDigest {
    fileprivate init(_ message: P2p_V1_PieceDigest) throws(BusFault) {
        if message.digest.count == HashingMessages.digestBytes, message.problem.isEmpty {
            self = .sha1([UInt8](message.digest))
        } else if message.digest.isEmpty, !message.problem.isEmpty {
            self = .unreadable(message.problem)
        } else {
            throw BusFault(.invalid, "a digest has \(HashingMessages.digestBytes) bytes, not \(message.digest.count)")
        }
    }
}
