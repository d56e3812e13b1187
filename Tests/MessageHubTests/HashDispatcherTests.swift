import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@testable import MessageHub

@Suite struct `Hash dispatcher` {
    let start = ContinuousClock.now
    let node = Connection.process([1])
    let otherNode = Connection.process([2])
    let first = Connection.process([11])
    let second = Connection.process([12])

    /// A job of one piece of `bytes` bytes.
    func job(_ bytes: Int = 10, _ priority: HashJob.Priority = .interactive) throws -> [UInt8] {
        try HashingMessages.encode(
            HashJob(
                priority: priority,
                runs: [
                    PieceRun(slices: [FileSlice(path: Array("/f".utf8), offset: 0, length: bytes)], pieceLength: bytes)
                ]
            )
        )
    }

    func digest(_ length: Int = 20) throws -> [UInt8] {
        try HashingMessages.encode([.sha1([UInt8](repeating: 7, count: length))])
    }

    func dispatcher(credits: Int = 1, interactive: Int = 1, workers: [(Connection, String)]) -> HashDispatcher {
        var limits = HashLimits()
        limits.credits = credits...credits
        limits.interactive = interactive
        limits.waiting = 3
        limits.requeues = 2
        var dispatcher = HashDispatcher(limits: limits)
        for (worker, name) in workers { #expect(dispatcher.workerJoined(worker, name: name, now: start) == []) }
        return dispatcher
    }

    /// What happens to whom, without the bodies: `#1>w1` attempt 1 given to w1, `#1!w1` taken back, and so on.
    func story(_ actions: [HashAction]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .assign(let attempt, let worker, _, _, _): "#\(attempt)>\(name(worker))"
            case .withdraw(let attempt, let worker): "#\(attempt)!\(name(worker))"
            case .reply(let asker, let correlation, _): "\(name(asker)).\(correlation) done"
            case .fail(let asker, let correlation, let fault): "\(name(asker)).\(correlation) \(fault.code)"
            case .progress(let asker, let correlation, _): "\(name(asker)).\(correlation) progress"
            case .distrust(let worker, _): "distrust \(name(worker))"
            case .review(let worker, _): "review \(name(worker))"
            case .task(let task): "task \(task.number) \(task.state)"
            }
        }
    }

    func name(_ connection: Connection) -> String {
        switch connection {
        case node: "n1"
        case otherNode: "n2"
        case first: "w1"
        case second: "w2"
        default: "?"
        }
    }

    func submit(
        _ dispatcher: inout HashDispatcher,
        _ correlation: UInt64,
        from asker: Connection,
        _ priority: HashJob.Priority = .interactive,
        deadline: Duration = .seconds(100)
    ) throws -> [String] {
        story(
            dispatcher.submit(
                try job(10, priority),
                from: asker,
                source: "x",
                correlation: correlation,
                deadline: deadline,
                now: start
            )
        )
    }

    @Test func `gives a job to an idle worker and its answer to the asker`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        #expect(try submit(&hub, 5, from: node) == ["#1>w1"])
        #expect(hub.report.running == 1)
        #expect(story(hub.answered(1, by: first, .success(try digest()), now: start)) == ["n1.5 done"])
        #expect(hub.report.bytesHashed == 10)
        #expect(hub.report.running == 0)
    }

    @Test func `keeps jobs until a worker comes`() throws {
        var hub = dispatcher(workers: [])
        #expect(try submit(&hub, 5, from: node) == [])
        #expect(story(hub.workerJoined(first, name: "w/1", now: start)) == ["#1>w1"])
    }

    @Test func `says when the queue is full`() throws {
        var hub = dispatcher(workers: [])
        for correlation in 1...3 { #expect(try submit(&hub, UInt64(correlation), from: node) == []) }
        #expect(try submit(&hub, 4, from: node) == ["n1.4 overloaded"])
        #expect(hub.report.waiting == 3)
    }

    @Test func `askers in turn`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        #expect(try submit(&hub, 1, from: node, .bulk) == ["#1>w1"])
        #expect(try submit(&hub, 2, from: node, .bulk) == [])
        #expect(try submit(&hub, 3, from: node, .bulk) == [])
        #expect(try submit(&hub, 1, from: otherNode, .bulk) == [])
        var answers: [String] = []
        for attempt in 1...4 {
            answers += story(hub.answered(UInt64(attempt), by: first, .success(try digest()), now: start))
        }
        #expect(answers.filter { $0.hasSuffix("done") } == ["n1.1 done", "n1.2 done", "n2.1 done", "n1.3 done"])
    }

    @Test func `a second job goes ahead to a worker, the least busy one`() throws {
        var hub = dispatcher(interactive: 2, workers: [(first, "w/1"), (second, "w/2")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(try submit(&hub, 2, from: node) == ["#2>w2"])
        #expect(try submit(&hub, 3, from: node) == ["#3>w1"])
        #expect(try submit(&hub, 4, from: node) == ["#4>w2"])
        #expect(try submit(&hub, 5, from: node) == [])
    }

    @Test func `the jobs of a dead worker go to another`() throws {
        var hub = dispatcher(workers: [(first, "w/1"), (second, "w/2")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.workerLost(first, now: start)) == ["#2>w2"])
        #expect(hub.report.requeued == 1)
        #expect(story(hub.answered(1, by: first, .success(try digest()), now: start)) == [])
        #expect(story(hub.answered(2, by: second, .success(try digest()), now: start)) == ["n1.1 done"])
    }

    @Test func `answers that are late, double, foreign or to nothing change nothing`() throws {
        var hub = dispatcher(workers: [(first, "w/1"), (second, "w/2")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.answered(1, by: second, .success(try digest()), now: start)) == [])
        #expect(story(hub.answered(99, by: first, .success(try digest()), now: start)) == [])
        #expect(story(hub.answered(1, by: first, .success(try digest()), now: start)) == ["n1.1 done"])
        #expect(story(hub.answered(1, by: first, .success(try digest()), now: start)) == [])
    }

    @Test(arguments: [0, 19, 21, 1_000_000])
    func `a digest of a wrong length is asked of another worker`(length: Int) throws {
        var hub = dispatcher(workers: [(first, "w/1"), (second, "w/2")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.answered(1, by: first, .success(try digest(length)), now: start)) == ["#2>w2"])
    }

    @Test func `a worker that answers wrongly twice is to be replaced`() throws {
        var hub = dispatcher(workers: [(first, "w/1"), (second, "w/2")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.answered(1, by: first, .success([0xFF]), now: start)) == ["#2>w2"])
        #expect(try submit(&hub, 2, from: node) == ["#3>w1"])
        #expect(story(hub.answered(3, by: first, .success([]), now: start)) == ["distrust w1"])
        #expect(story(hub.answered(2, by: second, .success(try digest()), now: start)) == ["n1.1 done", "#4>w2"])
    }

    @Test func `a job that fails everywhere is given up with a reason`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        let busy = Result<[UInt8], BusFault>.failure(BusFault(.overloaded, "no room"))
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.answered(1, by: first, busy, now: start)) == ["#2>w1"])
        #expect(story(hub.answered(2, by: first, busy, now: start)) == ["#3>w1"])
        #expect(story(hub.answered(3, by: first, busy, now: start)) == ["n1.1 failed"])
        #expect(hub.report.waiting == 0)
    }

    @Test func `a silent worker loses its job, its late answer is ignored, then it is to be replaced`() throws {
        var hub = dispatcher(workers: [(first, "w/1"), (second, "w/2")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.tick(start + .seconds(4))) == [])
        #expect(hub.nextDeadline == start + .seconds(5))
        #expect(story(hub.tick(start + .seconds(5))) == ["#1!w1", "#2>w2"])
        #expect(story(hub.answered(1, by: first, .success(try digest()), now: start + .seconds(6))) == [])
        #expect(story(hub.answered(2, by: second, .success(try digest()), now: start + .seconds(6))) == ["n1.1 done"])
        #expect(story(hub.tick(start + .seconds(100))) == [])
    }

    @Test func `a worker that stays silent is to be replaced`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(story(hub.tick(start + .seconds(5))) == ["#1!w1"])
        #expect(story(hub.tick(start + .seconds(30))) == ["distrust w1"])
        #expect(story(hub.tick(start + .seconds(31))) == [])
        #expect(story(hub.workerLost(first, now: start + .seconds(32))) == [])
        #expect(story(hub.workerJoined(second, name: "w/2", now: start + .seconds(33))) == ["#2>w2"])
    }

    @Test func `progress keeps a slow worker trusted and reaches the asker`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        let progress = try HashingMessages.encode(bytesHashed: 4)
        #expect(story(hub.progressed(1, by: first, progress, now: start + .seconds(4))) == ["n1.1 progress"])
        #expect(story(hub.progressed(1, by: second, progress, now: start + .seconds(4))) == [])
        #expect(story(hub.tick(start + .seconds(8))) == [])
        #expect(story(hub.tick(start + .seconds(9))) == ["#1!w1"])
    }

    @Test func `a deadline ends a job wherever it is`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        #expect(try submit(&hub, 1, from: node, deadline: .seconds(2)) == ["#1>w1"])
        #expect(try submit(&hub, 2, from: node, deadline: .seconds(1)) == [])
        #expect(story(hub.tick(start + .seconds(1))) == ["n1.2 deadlineExceeded"])
        #expect(story(hub.tick(start + .seconds(2))) == ["#1!w1", "n1.1 deadlineExceeded"])
        #expect(hub.report == HashQueueReport())
    }

    @Test func `a cancelled job is taken back, and the next one begins`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        #expect(try submit(&hub, 1, from: node) == ["#1>w1"])
        #expect(try submit(&hub, 2, from: node) == [])
        #expect(story(hub.cancel(1, from: otherNode, now: start)) == [])
        #expect(story(hub.cancel(1, from: node, now: start)) == ["#1!w1", "#2>w1"])
        #expect(story(hub.askerLost(node, now: start)) == ["#2!w1"])
        #expect(hub.report == HashQueueReport())
    }

    @Test func `a job without sense is refused`() throws {
        var hub = dispatcher(workers: [(first, "w/1")])
        for body in [[], [0xFF], [8, 2], [8, 1, 16, 1, 24, 0]] as [[UInt8]] {
            let actions = hub.submit(body, from: node, source: "x", correlation: 1, deadline: .seconds(1), now: start)
            #expect(story(actions) == ["n1.1 invalid"])
        }
    }

    @Test func `a thousand jobs from four askers over workers that come and go are each answered once`() throws {
        var limits = HashLimits()
        limits.requeues = 1_000_000
        var hub = HashDispatcher(limits: limits)
        var random = SystemRandomNumberGenerator()
        var running: [(attempt: UInt64, worker: Connection)] = []
        var answered: [String: Int] = [:]
        func follow(_ actions: [HashAction]) {
            for action in actions {
                switch action {
                case .assign(let attempt, let worker, _, _, _): running.append((attempt, worker))
                case .reply(let asker, let correlation, _): answered["\(asker) \(correlation)", default: 0] += 1
                case .fail(_, _, let fault): Issue.record("\(fault)")
                case .withdraw, .progress, .task, .review, .distrust: continue
                }
            }
        }
        var alive: Set<UInt8> = []
        for step in 0..<1000 {
            let asker = Connection.process([UInt8(step % 4)])
            let body = try job(10, step % 3 == 0 ? .bulk : .interactive)
            follow(
                hub.submit(body, from: asker, source: "", correlation: UInt64(step), deadline: .seconds(9), now: start)
            )
            let worker = UInt8.random(in: 100..<105, using: &random)
            if alive.insert(worker).inserted {
                follow(hub.workerJoined(.process([worker]), name: "\(worker)", now: start))
            } else if Int.random(in: 0..<4, using: &random) == 0 {
                alive.remove(worker)
                follow(hub.workerLost(.process([worker]), now: start))
            }
            while hub.report.waiting > 100, !running.isEmpty {
                let done = running.remove(at: Int.random(in: 0..<running.count, using: &random))
                follow(hub.answered(done.attempt, by: done.worker, .success(try digest()), now: start))
            }
        }
        follow(hub.workerJoined(.process([200]), name: "last", now: start))
        while let done = running.popLast() {
            follow(hub.answered(done.attempt, by: done.worker, .success(try digest()), now: start))
        }
        #expect(answered.count == 1000)
        #expect(answered.values.allSatisfy { $0 == 1 })
        #expect(hub.report.waiting == 0 && hub.report.running == 0)
    }
}
