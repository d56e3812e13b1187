import BitTorrentTypes
import BusServices
import BusTransport

/// Pieces of an answer that may be wrong, and what other workers say about them.
///
///     expected    e0 e1 e2 e3
///     worker 1    e0 x  e2 –        1 differs, 3 could not be read: both are hashed again by another worker
///     worker 2       e1    –        1: worker 1 was wrong.   3: they agree, it cannot be read
///
/// Only an answer that is what was expected proves anything: the one that gave another digest was then wrong, since
/// nobody hits SHA-1 by chance. Two that agree against the expected settle the matter (the bytes are bad), but who is
/// outvoted is not blamed: the others may lie.
struct HashDoubt: Sendable {
    private struct Opinion: Sendable {
        let worker: Connection
        let outcomes: [PieceOutcome]
    }

    struct Verdict {
        /// Of every piece of the job.
        var outcomes: [PieceOutcome]
        /// Whether nothing is open.
        var isSettled = true
        /// The workers that were proven wrong.
        var wrong: Set<Connection> = []
    }

    /// Most bytes of paths in the message that asks again; beyond it, the whole job is asked again.
    private static let pathBytes = 1 << 20

    /// What is asked again.
    let runs: [PieceRun]
    let body: [UInt8]
    let bytes: Int
    private let expected: [UInt8]
    private let first: [PieceOutcome]
    /// Which pieces of the job, ascending.
    private let pieces: [Int]
    private var opinions: [Opinion] = []

    /// `nil` when nothing in the answer is in doubt.
    init?(_ outcomes: [PieceOutcome], to job: HashJob, by worker: Connection) throws(BusFault) {
        let doubtful = outcomes.indices.filter { !Self.isBeyondDoubt(outcomes[$0], Self.sha1(job.expected, $0)) }
        guard !doubtful.isEmpty else { return nil }
        if let cut = Self.cut(job.runs, to: doubtful) {
            (runs, pieces) = (cut, doubtful)
        } else {
            (runs, pieces) = (job.runs, Array(outcomes.indices))
        }
        let again = HashJob(priority: job.priority, runs: runs)
        body = try HashingMessages.encode(again)
        bytes = again.byteCount
        expected = job.expected
        first = outcomes
        opinions.append(Opinion(worker: worker, outcomes: pieces.map { outcomes[$0] }))
    }

    /// Who has said something.
    var heard: Set<Connection> { Set(opinions.map(\.worker)) }
    var opinionCount: Int { opinions.count }

    mutating func hear(_ outcomes: [PieceOutcome], from worker: Connection) {
        opinions.append(Opinion(worker: worker, outcomes: outcomes))
    }

    var verdict: Verdict {
        var verdict = Verdict(outcomes: first)
        for (index, piece) in pieces.enumerated() {
            let said = opinions.map { $0.outcomes[index] }
            if let right = said.first(where: { Self.isExpected($0, Self.sha1(expected, piece)) }) {
                verdict.outcomes[piece] = right
                // Who could not read it may have been right then: files come and go. Only a digest can be wrong.
                for (opinion, outcome) in zip(opinions, said)
                where Self.isReadable(outcome) && !Self.agree(outcome, right) {
                    verdict.wrong.insert(opinion.worker)
                }
            } else if let agreed = Self.agreed(said) {
                verdict.outcomes[piece] = agreed
            } else {
                verdict.isSettled = false
                verdict.outcomes[piece] = said.last(where: Self.isReadable) ?? first[piece]
            }
        }
        return verdict
    }

    // MARK: - Outcomes

    /// The expected SHA-1 of a piece; `nil` when nobody knows.
    private static func sha1(_ expected: [UInt8], _ piece: Int) -> ArraySlice<UInt8>? {
        let count = PieceHashes.sha1ByteCount
        return expected.isEmpty ? nil : expected[piece * count..<(piece + 1) * count]
    }

    private static func isBeyondDoubt(_ outcome: PieceOutcome, _ expected: ArraySlice<UInt8>?) -> Bool {
        isReadable(outcome) && (expected == nil || isExpected(outcome, expected))
    }

    private static func isReadable(_ outcome: PieceOutcome) -> Bool {
        switch outcome {
        case .hashed: true
        case .unreadable: false
        }
    }

    private static func isExpected(_ outcome: PieceOutcome, _ expected: ArraySlice<UInt8>?) -> Bool {
        guard let expected, case .hashed(let hashes) = outcome, let sha1 = hashes.sha1 else { return false }
        return expected.elementsEqual(sha1)
    }

    /// The same digests, or both no digest: the words of a problem do not matter.
    private static func agree(_ left: PieceOutcome, _ right: PieceOutcome) -> Bool {
        switch (left, right) {
        case (.hashed(let left), .hashed(let right)): left == right
        case (.unreadable, .unreadable): true
        case (.hashed, .unreadable), (.unreadable, .hashed): false
        }
    }

    private static func agreed(_ said: [PieceOutcome]) -> PieceOutcome? {
        for (index, outcome) in said.enumerated() where said[..<index].contains(where: { agree($0, outcome) }) {
            return outcome
        }
        return nil
    }

    // MARK: - Runs

    /// The runs of some pieces; `nil` when they would not fit a message.
    private static func cut(_ runs: [PieceRun], to pieces: [Int]) -> [PieceRun]? {
        var cut: [PieceRun] = []
        var cost = 0
        var rest = pieces[...]
        var base = 0
        for run in runs {
            let end = base + run.pieceCount
            while let start = rest.first, start < end {
                var next = start
                while rest.first == next, next < end {
                    rest.removeFirst()
                    next += 1
                }
                do throws(PieceRunError) {
                    let part = try run.cut(to: start - base..<next - base)
                    cost += part.slices.reduce(0) { $0 + $1.path.count + 32 }
                    cut.append(part)
                } catch {
                    // A tree needs its file: padding alone is asked again with all the rest.
                    return nil
                }
                guard cost <= pathBytes else { return nil }
            }
            base = end
        }
        return cut
    }
}
