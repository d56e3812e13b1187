import BitTorrentTypes
import BusServices
import BusTransport
import SeededRandom
import Testing

@testable import MessageHub

/// Workers of every kind at work for askers that check torrents, in virtual time.
private struct HashSimulation {
    enum Nature: CaseIterable {
        case honest, mortal, hangs, liesSometimes, alwaysTheSame, alwaysUnreadable, answersTwice, answersOthers

        /// Whether it must be replaced in the end.
        var isBad: Bool {
            switch self {
            case .honest, .mortal, .answersTwice, .answersOthers: false
            case .hangs, .liesSometimes, .alwaysTheSame, .alwaysUnreadable: true
            }
        }
    }

    struct Worker {
        let nature: Nature
        var work: [(attempt: UInt64, job: HashJob, due: ContinuousClock.Instant)] = []
        var done = 0
    }

    /// What a letter of the disk hashes to; a third of a thousand pieces is not what it should be.
    struct Question {
        let job: HashJob
        let disk: [PieceOutcome]
        var answers = 0
    }

    static let step = Duration.milliseconds(50)

    let start = ContinuousClock.now
    var random: SeededGenerator
    var hub: HashDispatcher
    var now: ContinuousClock.Instant
    var workers: [Connection: Worker] = [:]
    var lastWorker = 0
    var replaced: [Nature] = []
    var questions: [UInt64: Question] = [:]
    var problems: [String] = []

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let check = HashCheck(job: try HashScene.job(3), outcomes: HashScene.outcomes("PQR"), after: 8)
        hub = HashDispatcher(checks: [check])
        now = start
        for nature in Nature.allCases + [.honest, .mortal] { join(nature) }
    }

    mutating func join(_ nature: Nature) {
        lastWorker += 1
        let connection = HashScene.connection("w\(lastWorker)")
        workers[connection] = Worker(nature: nature)
        follow(hub.workerJoined(connection, name: "w\(lastWorker)", now: now))
    }

    mutating func ask(_ number: UInt64) throws {
        let letters = (0..<8).map { _ in Character(UnicodeScalar(UInt8.random(in: 65...90, using: &random))) }
        let disk = letters.map { letter in
            switch Int.random(in: 0..<20, using: &random) {
            case 0: PieceOutcome.unreadable("gone")
            case 1: PieceOutcome.sha1(HashScene.digest("!"))
            default: PieceOutcome.sha1(HashScene.digest(letter))
            }
        }
        // The offset tells the simulated workers which question it is.
        let slice = FileSlice(path: Array("/\(number)".utf8), offset: 0, length: 80)
        let job = HashJob(
            priority: number % 7 == 0 ? .interactive : .bulk,
            runs: [try PieceRun(slices: [slice], pieceLength: 10)],
            expected: letters.flatMap { HashScene.digest($0) },
            task: number % 7 == 0 ? nil : HashTask(id: "\(number % 3)", kind: .check, name: [], bytesTotal: 1 << 20)
        )
        questions[number] = Question(job: job, disk: disk)
        let asker = "n\(number % 4)"
        follow(
            hub.submit(
                try HashingMessages.encode(job),
                from: HashScene.connection(asker),
                source: asker,
                correlation: number,
                deadline: .seconds(600),
                now: now
            )
        )
    }

    mutating func follow(_ actions: [HashAction]) {
        for action in actions {
            switch action {
            case .assign(let attempt, let worker, let body, _, _):
                guard let job = try? HashingMessages.job(body) else {
                    problems.append("a job that cannot be read")
                    continue
                }
                let due = now + .milliseconds(Int.random(in: 1...100, using: &random))
                workers[worker]?.work.append((attempt, job, due))
            case .withdraw(let attempt, let worker):
                workers[worker]?.work.removeAll { $0.attempt == attempt }
            case .reply(_, let number, let body):
                judge(number, body)
            case .fail(_, let number, let fault):
                problems.append("\(number) failed: \(fault)")
            case .review(let worker, let reason):
                follow(hub.reviewed(worker, isFileIntact: true, reason: reason, now: now))
            case .distrust(let worker, let reason):
                guard let nature = workers.removeValue(forKey: worker)?.nature else { continue }
                if !nature.isBad { problems.append("\(nature) was replaced: \(reason)") }
                replaced.append(nature)
                follow(hub.workerLost(worker, now: now))
                join(.honest)
            case .progress, .task:
                continue
            }
        }
    }

    /// The asker must learn of each piece whether it is good; which wrong digest a bad one has does not matter.
    mutating func judge(_ number: UInt64, _ body: [UInt8]) {
        guard var question = questions[number],
            let outcomes = try? HashingMessages.outcomes(body, of: question.job.runs)
        else {
            problems.append("an answer to nothing, or one that cannot be read")
            return
        }
        question.answers += 1
        questions[number] = question
        for (piece, outcome) in outcomes.enumerated() {
            let expected = question.job.expected[piece * 20..<(piece + 1) * 20]
            let isGood = outcome == .sha1(Array(expected))
            if isGood != (question.disk[piece] == .sha1(Array(expected))) {
                problems.append("piece \(piece) of \(number): \(outcome)")
            }
        }
    }

    mutating func work() {
        now += Self.step
        for connection in workers.keys.sorted(by: { HashScene.name($0) < HashScene.name($1) }) {
            guard let worker = workers[connection] else { continue }
            for (attempt, job, due) in worker.work where due <= now {
                guard workers[connection]?.work.contains(where: { $0.attempt == attempt }) == true else { continue }
                answer(attempt, job, connection, worker.nature)
            }
        }
        follow(hub.tick(now))
    }

    mutating func answer(_ attempt: UInt64, _ job: HashJob, _ worker: Connection, _ nature: Nature) {
        let done = workers[worker]?.done ?? 0
        if nature == .hangs, done > 20 { return }
        workers[worker]?.work.removeAll { $0.attempt == attempt }
        workers[worker]?.done += 1
        if nature == .mortal, Int.random(in: 0..<10, using: &random) == 0 {
            workers[worker] = nil
            follow(hub.workerLost(worker, now: now))
            join(.mortal)
            return
        }
        var outcomes = truth(job)
        for piece in outcomes.indices {
            switch nature {
            case .alwaysTheSame: outcomes[piece] = .sha1(HashScene.digest("S"))
            case .alwaysUnreadable: outcomes[piece] = .unreadable("no")
            case .liesSometimes where Int.random(in: 0..<100, using: &random) == 0:
                outcomes[piece] = .sha1((0..<20).map { _ in UInt8.random(in: 0...255, using: &random) })
            case .liesSometimes, .honest, .mortal, .hangs, .answersTwice, .answersOthers: continue
            }
        }
        guard let body = try? HashingMessages.encode(outcomes) else { return }
        follow(hub.answered(attempt, by: worker, .success(body), now: now))
        if nature == .answersTwice { follow(hub.answered(attempt, by: worker, .success(body), now: now)) }
        if nature == .answersOthers {
            let other = UInt64.random(in: 1...attempt + 3, using: &random)
            if workers[worker]?.work.contains(where: { $0.attempt == other }) != true {
                follow(hub.answered(other, by: worker, .success(body), now: now))
            }
        }
    }

    func truth(_ job: HashJob) -> [PieceOutcome] {
        job.runs.flatMap { run -> [PieceOutcome] in
            guard let slice = run.slices.first else { return [] }
            let first = slice.offset / 10
            let name = String(decoding: slice.path.dropFirst(), as: UTF8.self)
            if name == "f" { return Array(HashScene.outcomes("PQR")[first..<first + run.pieceCount]) }
            guard let question = UInt64(name).flatMap({ questions[$0] }) else { return [] }
            return Array(question.disk[first..<first + run.pieceCount])
        }
    }
}

@Suite struct `Hash jobs among workers of every kind` {
    @Test(arguments: 1...3)
    func `are each answered rightly once, liars are replaced and honest workers stay`(seed: UInt64) throws {
        var simulation = try HashSimulation(seed: seed)
        for number in 1...1800 as ClosedRange<UInt64> {
            try simulation.ask(number)
            // As many at a time as keep every worker busy.
            if number % 16 == 0 { simulation.work() }
        }
        // Long enough for the one that hangs.
        for _ in 0..<1200 { simulation.work() }
        #expect(simulation.problems == [], "seed \(seed)")
        #expect(simulation.questions.values.allSatisfy { $0.answers == 1 }, "seed \(seed)")
        let bad = HashSimulation.Nature.allCases.filter(\.isBad)
        #expect(bad.allSatisfy { simulation.replaced.contains($0) }, "seed \(seed): \(simulation.replaced)")
        #expect(simulation.hub.report.waiting == 0 && simulation.hub.report.running == 0)
        #expect(simulation.hub.messageBytes == 0)
    }
}
