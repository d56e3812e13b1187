package import BitTorrentTypes
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

    /// Refused when the job has no pieces, too many, or pieces of several lengths.
    package static func encode(_ job: HashJob) throws(BusFault) -> [UInt8] {
        try job.check()
        return try P2p_V1_HashRequest.with {
            $0.algorithm = P2p_V1_HashAlgorithm(job.runs[0].hashes)
            $0.priority = job.priority == .interactive ? .interactive : .bulk
            $0.pieceLength = UInt32(clamping: job.runs[0].pieceLength)
            $0.runs = job.runs.map(P2p_V1_HashRun.init)
            $0.expectedSha1 = Data(job.expected)
            if let task = job.task { $0.task = P2p_V1_HashTask(task) }
        }.body()
    }

    package static func job(_ body: [UInt8]) throws(BusFault) -> HashJob {
        let message = try P2p_V1_HashRequest(body: body)
        let priority: HashJob.Priority =
            switch message.priority {
            case .interactive: .interactive
            case .bulk: .bulk
            case .unspecified, .UNRECOGNIZED:
                throw BusFault(.invalid, "unknown hash priority \(message.priority.rawValue)")
            }
        let job = HashJob(
            priority: priority,
            runs: try message.runs.map { run throws(BusFault) in
                try PieceRun(run, pieceLength: Int(message.pieceLength), algorithm: message.algorithm)
            },
            expected: [UInt8](message.expectedSha1),
            task: message.hasTask ? try HashTask(message.task) : nil
        )
        try job.check()
        return job
    }

    package static func encode(_ outcomes: [PieceOutcome]) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashReply.with {
            $0.pieces = outcomes.map { outcome in
                P2p_V1_PieceDigest.with {
                    switch outcome {
                    case .hashed(let hashes):
                        $0.digest = Data(hashes.sha1 ?? [])
                        $0.merkleRoot = Data(hashes.merkleRoot ?? [])
                    case .unreadable(let problem):
                        $0.problem = problem.isEmpty ? "unreadable" : problem
                    }
                }
            }
        }.body()
    }

    /// The outcomes of an answer: one a piece of `runs`, each with the hashes asked for or with a problem.
    package static func outcomes(_ body: [UInt8], of runs: [PieceRun]) throws(BusFault) -> [PieceOutcome] {
        let pieces = try P2p_V1_HashReply(body: body).pieces
        let kinds = runs.flatMap { Array(repeating: $0.hashes, count: $0.pieceCount) }
        guard pieces.count == kinds.count else {
            throw BusFault(.invalid, "\(pieces.count) digests came for \(kinds.count) pieces")
        }
        return try zip(pieces, kinds).map { piece, kind throws(BusFault) in try PieceOutcome(piece, asked: kind) }
    }

    package static func encode(bytesHashed: Int) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashProgress.with { $0.bytesHashed = UInt64(clamping: bytesHashed) }.body()
    }

    package static func bytesHashed(_ body: [UInt8]) throws(BusFault) -> Int {
        try Field.size(P2p_V1_HashProgress(body: body).bytesHashed, "bytes_hashed")
    }
}

extension HashJob {
    /// What no run can know of itself: that together they fit one message and one answer.
    fileprivate func check() throws(BusFault) {
        guard let first = runs.first else { throw BusFault(.invalid, "a job has no pieces") }
        var pieces = 0
        var bytes = 0
        for run in runs {
            guard run.totalLength > 0 else { throw BusFault(.invalid, "a run of pieces has no bytes") }
            guard run.pieceLength == first.pieceLength, run.hashes.isLike(first.hashes) else {
                throw BusFault(.invalid, "the runs of a job have different pieces")
            }
            guard run.pieceCount <= HashingMessages.maximumPieces - pieces, bytes <= Int.max - run.totalLength else {
                throw BusFault(.invalid, "a job has more than \(HashingMessages.maximumPieces) pieces")
            }
            pieces += run.pieceCount
            bytes += run.totalLength
        }
        guard expected.isEmpty || expected.count == pieces * PieceHashes.sha1ByteCount && first.hashes.wantsSHA1 else {
            throw BusFault(.invalid, "\(expected.count) bytes of expected hashes do not fit \(pieces) pieces")
        }
    }
}

extension PieceHashKind {
    /// Whether the same hashes are wanted; trees may differ in width.
    fileprivate func isLike(_ other: PieceHashKind) -> Bool {
        wantsSHA1 == other.wantsSHA1 && (treeWidth == nil) == (other.treeWidth == nil)
    }
}

extension P2p_V1_HashAlgorithm {
    fileprivate init(_ kind: PieceHashKind) {
        self =
            switch kind {
            case .sha1: .sha1
            case .merkleRoot: .merkleRoot
            case .both: .both
            }
    }

    fileprivate func kind(treeWidth: UInt32) throws(BusFault) -> PieceHashKind {
        switch self {
        case .sha1: .sha1
        case .merkleRoot: .merkleRoot(treeWidth: Int(treeWidth))
        case .both: .both(treeWidth: Int(treeWidth))
        case .unspecified, .UNRECOGNIZED: throw BusFault(.invalid, "unknown hash algorithm \(rawValue)")
        }
    }
}

extension P2p_V1_HashRun {
    fileprivate init(_ run: PieceRun) {
        self.init()
        spans = run.slices.map { slice in
            P2p_V1_FileSpan.with {
                $0.path = Data(slice.path)
                $0.offset = UInt64(clamping: slice.offset)
                $0.length = UInt64(clamping: slice.length)
            }
        }
        treeWidth = UInt32(clamping: run.hashes.treeWidth ?? 0)
    }
}

extension PieceRun {
    fileprivate init(
        _ message: P2p_V1_HashRun,
        pieceLength: Int,
        algorithm: P2p_V1_HashAlgorithm
    ) throws(BusFault) {
        let slices = try message.spans.map { span throws(BusFault) in
            FileSlice(
                path: span.path.isEmpty ? [] : try Field.absolutePath(span.path),
                offset: try Field.size(span.offset, "offset"),
                length: try Field.size(span.length, "length")
            )
        }
        let hashes = try algorithm.kind(treeWidth: message.treeWidth)
        do throws(PieceRunError) {
            try self.init(slices: slices, pieceLength: pieceLength, hashes: hashes)
        } catch {
            throw BusFault(.invalid, "not a hash job: \(error)")
        }
    }
}

extension PieceOutcome {
    fileprivate init(_ message: P2p_V1_PieceDigest, asked kind: PieceHashKind) throws(BusFault) {
        let sha1Count = kind.wantsSHA1 ? PieceHashes.sha1ByteCount : 0
        let rootCount = kind.treeWidth == nil ? 0 : PieceHashes.merkleRootByteCount
        if message.problem.isEmpty, message.digest.count == sha1Count, message.merkleRoot.count == rootCount {
            self = .hashed(
                PieceHashes(
                    sha1: sha1Count > 0 ? [UInt8](message.digest) : nil,
                    merkleRoot: rootCount > 0 ? [UInt8](message.merkleRoot) : nil
                )
            )
        } else if message.digest.isEmpty, message.merkleRoot.isEmpty, !message.problem.isEmpty {
            self = .unreadable(message.problem)
        } else {
            throw BusFault(
                .invalid,
                "digests of \(message.digest.count) and \(message.merkleRoot.count) bytes came for \(sha1Count) and \(rootCount)"
            )
        }
    }
}

extension P2p_V1_HashTask {
    fileprivate init(_ task: HashTask) {
        self.init()
        id = task.id
        kind = task.kind.rawValue
        name = Data(task.name)
        infoHash = Data(task.infoHash?.bytes ?? [])
        bytesTotal = UInt64(clamping: task.bytesTotal)
        bytesBefore = UInt64(clamping: task.bytesBefore)
    }
}

extension HashTask {
    private static let longestID = 200
    private static let longestName = 1024

    fileprivate init(_ message: P2p_V1_HashTask) throws(BusFault) {
        guard !message.id.isEmpty, message.id.utf8.count <= Self.longestID, message.name.count <= Self.longestName
        else {
            throw BusFault(
                .invalid,
                "a task has an id of 1 to \(Self.longestID) bytes and a name of up to \(Self.longestName)"
            )
        }
        guard let kind = Kind(rawValue: message.kind) else {
            throw BusFault(.invalid, "unknown kind of task \"\(message.kind.prefix(64))\"")
        }
        self.init(
            id: message.id,
            kind: kind,
            name: [UInt8](message.name),
            infoHash: message.infoHash.isEmpty ? nil : try Field.infoHash(message.infoHash),
            bytesTotal: try Field.size(message.bytesTotal, "bytes_total"),
            bytesBefore: try Field.size(message.bytesBefore, "bytes_before")
        )
    }
}
