import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@testable import MessageHub

/// A dispatcher with askers and workers, and what happens told in short words.
///
/// Pieces are ten bytes each and letters stand for their content: a job of "ABC" has three, `?` is one that cannot be
/// read. `#2>w2[1]` is attempt 2, given to w2, about piece 1; `#2!w2` takes it back; `n1.5 ABC` is an answer.
struct HashScene {
    static let pieceLength = 10

    let start = ContinuousClock.now
    var hub: HashDispatcher
    var time = Duration.zero

    var now: ContinuousClock.Instant { start + time }

    init(workers: [String], checks: [HashCheck] = [], _ adjust: (inout HashLimits) -> Void = { _ in }) {
        var limits = HashLimits()
        limits.credits = 1...1
        adjust(&limits)
        hub = HashDispatcher(limits: limits, checks: checks)
        for worker in workers { _ = join(worker) }
    }

    static func connection(_ name: String) -> Connection { .process(Array(name.utf8)) }

    static func name(_ connection: Connection) -> String {
        guard case .process(let bytes) = connection else { return "?" }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func digest(_ letter: Character) -> [UInt8] {
        Array(repeating: letter.asciiValue ?? 0, count: PieceHashes.sha1ByteCount)
    }

    static func outcomes(_ letters: String) -> [PieceOutcome] {
        letters.map { $0 == "?" ? .unreadable("gone") : .sha1(digest($0)) }
    }

    static func letters(_ outcomes: [PieceOutcome]) -> String {
        String(
            outcomes.map { outcome in
                guard case .hashed(let hashes) = outcome, let byte = hashes.sha1?.first else { return "?" }
                return Character(UnicodeScalar(byte))
            }
        )
    }

    static func job(
        _ pieces: Int,
        expected: String = "",
        _ priority: HashJob.Priority = .bulk,
        task: HashTask? = nil,
        bytes: Int? = nil
    ) throws -> HashJob {
        let length = bytes ?? pieces * pieceLength
        let run = try PieceRun(
            slices: [FileSlice(path: Array("/f".utf8), offset: 0, length: length)],
            pieceLength: length / pieces
        )
        return HashJob(priority: priority, runs: [run], expected: expected.flatMap(digest), task: task)
    }

    // MARK: - What happens

    mutating func join(_ worker: String) -> [String] {
        story(hub.workerJoined(Self.connection(worker), name: worker, now: now))
    }

    mutating func lose(_ worker: String) -> [String] { story(hub.workerLost(Self.connection(worker), now: now)) }

    mutating func ask(_ correlation: UInt64, from asker: String, _ job: HashJob) throws -> [String] {
        story(
            hub.submit(
                try HashingMessages.encode(job),
                from: Self.connection(asker),
                source: asker,
                correlation: correlation,
                deadline: .seconds(600),
                now: now
            )
        )
    }

    mutating func answer(_ attempt: UInt64, by worker: String, _ letters: String) throws -> [String] {
        let body = try HashingMessages.encode(Self.outcomes(letters))
        return story(hub.answered(attempt, by: Self.connection(worker), .success(body), now: now))
    }

    mutating func progress(_ attempt: UInt64, by worker: String, _ bytes: Int) throws -> [String] {
        let body = try HashingMessages.encode(bytesHashed: bytes)
        return story(hub.progressed(attempt, by: Self.connection(worker), body, now: now))
    }

    mutating func tick(_ seconds: Double) -> [String] {
        time = .seconds(seconds)
        return story(hub.tick(now))
    }

    mutating func tasks() -> [HashTaskStatus] { hub.taskList(now) }

    func story(_ actions: [HashAction]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .assign(let attempt, let worker, let body, _, _):
                return "#\(attempt)>\(Self.name(worker))\(pieces(body))"
            case .withdraw(let attempt, let worker):
                return "#\(attempt)!\(Self.name(worker))"
            case .reply(let asker, let correlation, let body):
                return "\(Self.name(asker)).\(correlation) \(answer(body))"
            case .fail(let asker, let correlation, let fault):
                return "\(Self.name(asker)).\(correlation) \(fault.code)"
            case .progress(let asker, let correlation, _):
                return "\(Self.name(asker)).\(correlation) progress"
            case .distrust(let worker, _):
                return "distrust \(Self.name(worker))"
            case .review(let worker, _):
                return "review \(Self.name(worker))"
            case .task:
                return nil
            }
        }
    }

    /// Which pieces a message asks for.
    private func pieces(_ body: [UInt8]) -> [Int] {
        do {
            return try HashingMessages.job(body).runs.flatMap { run in
                let first = (run.slices.first?.offset ?? 0) / run.pieceLength
                return Array(first..<first + run.pieceCount)
            }
        } catch {
            Issue.record(error)
            return []
        }
    }

    private func answer(_ body: [UInt8]) -> String {
        for count in 1...64 {
            guard let job = try? Self.job(count), let outcomes = try? HashingMessages.outcomes(body, of: job.runs)
            else {
                continue
            }
            return Self.letters(outcomes)
        }
        return "unreadable answer"
    }
}
