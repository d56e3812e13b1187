import BusServices
import Glibc
import Testing

@testable import Supervisor

/// Draws the middle of every range: no jitter.
struct SteadyGenerator: RandomNumberGenerator {
    mutating func next() -> UInt64 { 1 << 63 }
}

/// A machine with a clock of its own, for a column of events and what came of each.
private struct Story {
    var machine = ChildMachine()
    var random = SteadyGenerator()

    mutating func at(_ seconds: Double, _ event: ChildMachine.Event) -> [ChildMachine.Action] {
        machine.handle(event, at: .seconds(seconds), using: &random)
    }
}

@Suite struct `Child machine` {
    @Test func `starts, becomes ready and ends in order`() {
        var story = Story()
        #expect(story.at(0, .start) == [.spawn(epoch: 1), .report])
        #expect(story.at(0, .start) == [])
        #expect(story.at(0.1, .spawned(pid: 10, epoch: 1)) == [.report])
        #expect(story.at(1, .ready(epoch: 1, Endpoints(peerPort: 6881))) == [.report])
        #expect(story.machine.isReady)
        #expect(story.at(2, .beat(epoch: 1, load: 3)) == [.report])
        #expect(story.at(2, .beat(epoch: 1, load: 3)) == [])
        #expect(story.at(3, .stop) == [.report, .terminate(pid: 10)])
        #expect(story.at(3.5, .ended(epoch: 1, reason: "exit code 0")) == [.report])
        #expect(story.machine.isDown)
        #expect(story.machine.pid == nil)
        #expect(story.machine.endpoints == Endpoints())
        #expect(story.at(4, .start) == [.spawn(epoch: 2), .report])
    }

    @Test func `starts again with a growing epoch after a back-off`() {
        var story = Story()
        _ = story.at(0, .start)
        _ = story.at(0, .spawned(pid: 10, epoch: 1))
        #expect(story.at(1, .ended(epoch: 1, reason: "signal 9")) == [.report])
        #expect(story.machine.phase == .waiting(until: .seconds(1) + .milliseconds(100)))
        #expect(story.at(1.05, .tick) == [])
        #expect(story.at(1.2, .tick) == [.spawn(epoch: 2), .report])
        #expect(story.machine.lastExit == "signal 9")
        // What the first one still had to say comes too late.
        #expect(story.at(1.2, .ready(epoch: 1, Endpoints())) == [])
        #expect(story.at(1.2, .beat(epoch: 1, load: 9)) == [])
        #expect(story.at(1.2, .broken(epoch: 1, reason: "late")) == [])
        #expect(story.at(1.2, .ended(epoch: 1, reason: "late")) == [])
        #expect(story.at(1.2, .spawned(pid: 10, epoch: 1)) == [.kill(pid: 10)])
    }

    @Test func `gives up after five ends in a minute until somebody asks`() {
        var story = Story()
        var now = 0.0
        _ = story.at(now, .start)
        var waits: [Duration] = []
        for epoch in 1...4 as ClosedRange<UInt64> {
            _ = story.at(now, .ended(epoch: epoch, reason: "exit code 1"))
            guard case .waiting(let until) = story.machine.phase else { break }
            waits.append(until - .seconds(now))
            now += 1
            _ = story.at(now, .tick)
        }
        #expect(waits == [100, 200, 400, 800].map { .milliseconds($0) })
        #expect(story.at(now, .ended(epoch: 5, reason: "exit code 1")) == [.report])
        #expect(story.machine.phase == .failed)
        #expect(story.machine.deadline == nil)
        #expect(story.at(now + 100, .tick) == [])
        #expect(story.at(now + 100, .restart) == [.spawn(epoch: 6), .report])
        _ = story.at(now + 100, .ended(epoch: 6, reason: "exit code 1"))
        #expect(story.machine.phase == .waiting(until: .seconds(now + 100) + .milliseconds(100)))
    }

    @Test func `is killed when it is not ready in time`() {
        var story = Story()
        _ = story.at(0, .start)
        _ = story.at(0, .spawned(pid: 10, epoch: 1))
        #expect(story.machine.deadline == .seconds(30))
        #expect(story.at(30, .tick) == [.kill(pid: 10)])
        #expect(story.at(31, .tick) == [])
        _ = story.at(31, .ended(epoch: 1, reason: "signal 9"))
        #expect(story.machine.lastExit == "not ready within 30.0 seconds")
    }

    @Test func `is killed when the hub cut it off`() {
        var story = Story()
        _ = story.at(0, .start)
        _ = story.at(0, .spawned(pid: 10, epoch: 1))
        _ = story.at(1, .ready(epoch: 1, Endpoints()))
        #expect(story.at(9, .broken(epoch: 1, reason: "no heartbeat for 8 s")) == [.kill(pid: 10)])
        #expect(story.at(9, .broken(epoch: 1, reason: "again")) == [])
        _ = story.at(9.1, .ended(epoch: 1, reason: "signal 9"))
        #expect(story.machine.lastExit == "no heartbeat for 8 s")
        #expect(story.machine.phase == .waiting(until: .seconds(9.1) + .milliseconds(100)))
    }

    @Test func `is killed when it does not end in time`() {
        var story = Story()
        _ = story.at(0, .start)
        _ = story.at(0, .spawned(pid: 10, epoch: 1))
        _ = story.at(1, .stop)
        #expect(story.machine.deadline == .seconds(7))
        #expect(story.at(7, .tick) == [.kill(pid: 10)])
        _ = story.at(7, .ended(epoch: 1, reason: "signal 9"))
        #expect(story.machine.isDown)
    }

    @Test func `is asked to end as soon as it has a pid`() {
        var story = Story()
        _ = story.at(0, .start)
        #expect(story.at(0, .stop) == [.report])
        #expect(story.at(0.1, .spawned(pid: 10, epoch: 1)) == [.terminate(pid: 10), .report])
    }

    @Test func `restarts at once when asked, and can be talked out of it`() {
        var story = Story()
        _ = story.at(0, .start)
        _ = story.at(0, .spawned(pid: 10, epoch: 1))
        #expect(story.at(1, .restart) == [.report, .terminate(pid: 10)])
        #expect(story.at(1.5, .ended(epoch: 1, reason: "exit code 0")) == [.spawn(epoch: 2), .report])
        _ = story.at(1.6, .spawned(pid: 11, epoch: 2))
        _ = story.at(2, .restart)
        #expect(story.at(2, .stop) == [])
        #expect(story.at(2.5, .ended(epoch: 2, reason: "exit code 0")) == [.report])
        #expect(story.machine.isDown)
    }

    @Test func `does not start again when stopped while it waits`() {
        var story = Story()
        _ = story.at(0, .start)
        _ = story.at(0, .ended(epoch: 1, reason: "exit code 1"))
        #expect(story.at(0.05, .stop) == [.report])
        #expect(story.at(5, .tick) == [])
        #expect(story.machine.isDown)
    }
}

@Suite struct `Restart policy` {
    @Test func `doubles its delay up to thirty seconds when ends are rare`() {
        var policy = RestartPolicy()
        var random = SteadyGenerator()
        var delays: [Double] = []
        for number in 1...12 {
            let now = Duration.seconds(number * 20)
            guard case .startAgain(let moment) = policy.ended(at: now, ran: .seconds(5), using: &random) else {
                Issue.record("given up")
                return
            }
            delays.append((moment - now) / .seconds(1))
        }
        #expect(delays.map { ($0 * 10).rounded() / 10 } == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30])
    }

    @Test func `forgets when a process ran for a minute`() {
        var policy = RestartPolicy()
        var random = SteadyGenerator()
        _ = policy.ended(at: .seconds(1), ran: .seconds(1), using: &random)
        #expect(
            policy.ended(at: .seconds(100), ran: .seconds(90), using: &random)
                == .startAgain(at: .milliseconds(100_100))
        )
    }

    @Test func `spreads its delays by a quarter`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            var policy = RestartPolicy()
            guard case .startAgain(let moment) = policy.ended(at: .zero, ran: .zero, using: &random) else {
                Issue.record("given up")
                return
            }
            #expect((Duration.milliseconds(75)...Duration.milliseconds(125)).contains(moment))
        }
    }
}

@Suite struct `Process usage` {
    @Test func `reads past a name with spaces and parentheses`() throws {
        let line = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0 99 1000 25 18446744073709551615"
        let usage = try #require(ProcessUsage(stat: Array(line.utf8)[...]))
        #expect(usage.cpuSeconds == 2)
        #expect(usage.residentBytes == 25 * 4096)
    }

    @Test(arguments: ["", "7", "7 (x", "7 (x)", "7 (x) S 1 2"])
    func `is unknown when the line is cut`(line: String) {
        #expect(ProcessUsage(stat: Array(line.utf8)[...]) == nil)
    }

    @Test func `sees this process`() throws {
        let usage = try #require(ProcessUsage(pid: getpid()))
        #expect(usage.residentBytes > 1 << 20)
        #expect(ProcessUsage(pid: -1) == nil)
    }
}
