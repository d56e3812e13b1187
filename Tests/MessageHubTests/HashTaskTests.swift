import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@testable import MessageHub

@Suite struct `Hash tasks` {
    let task = HashTask(id: "r1", kind: .recheck, name: Array("album".utf8), bytesTotal: 100, bytesBefore: 20)

    func job(_ pieces: Int = 4) throws -> HashJob { try HashScene.job(pieces, task: task) }

    @Test func `take the jobs of one asker and one id together`() throws {
        var scene = HashScene(workers: ["w1"])
        _ = try scene.ask(1, from: "n1", job())
        _ = try scene.ask(2, from: "n1", job())
        _ = try scene.ask(1, from: "n2", job())
        _ = try scene.ask(9, from: "n2", HashScene.job(1, .interactive))
        let tasks = scene.tasks()
        #expect(tasks.map(\.number) == [1, 2])
        #expect(tasks.map(\.state) == [.running, .waiting])
        #expect(tasks.map(\.requester) == ["n1", "n2"])
        #expect(tasks.map(\.workers) == [["w1"], []])
        #expect(tasks.map(\.bytesDone) == [20, 20])
        #expect(scene.hub.report.running == 2)
    }

    @Test func `count what is done, and never back`() throws {
        var scene = HashScene(workers: ["w1", "w2"])
        _ = try scene.ask(1, from: "n1", job())
        scene.time = .seconds(1)
        _ = try scene.progress(1, by: "w1", 30)
        #expect(scene.tasks().first?.bytesDone == 50)
        #expect(scene.tasks().first?.rate == 30)
        #expect(scene.tasks().first?.etaSeconds == 50 / 30.0)
        _ = scene.lose("w1")
        #expect(scene.tasks().first?.bytesDone == 50)
        #expect(scene.tasks().first?.workers == ["w2"])
        _ = try scene.answer(2, by: "w2", "AAAA")
        #expect(scene.tasks().first?.bytesDone == 60)
        #expect(scene.tasks().first?.state == .running)
        _ = try scene.ask(2, from: "n1", job())
        _ = try scene.answer(3, by: "w2", "AAAA")
        #expect(scene.tasks().map(\.state) == [.done])
        #expect(scene.tasks().first?.bytesDone == 100)
        #expect(scene.tasks().first?.rate == 80)
    }

    @Test func `end by a person with all their jobs, and what still comes is refused for a while`() throws {
        var scene = HashScene(workers: ["w1"])
        _ = try scene.ask(1, from: "n1", job())
        _ = try scene.ask(2, from: "n1", job())
        _ = try scene.ask(3, from: "n1", HashScene.job(1))
        let (status, actions) = try scene.hub.cancelTask(1, now: scene.now)
        #expect(status.state == .cancelled)
        #expect(scene.story(actions) == ["#1!w1", "n1.1 cancelled", "n1.2 cancelled", "#2>w1[0]"])
        #expect(try scene.ask(4, from: "n1", job()) == ["n1.4 cancelled"])
        #expect(try scene.ask(1, from: "n2", job()) == [])
        #expect(try scene.hub.cancelTask(1, now: scene.now).status == status)
        #expect(throws: BusFault.self) { try scene.hub.cancelTask(77, now: scene.now) }
        scene.time = .seconds(60)
        #expect(try scene.ask(4, from: "n1", job()) == [])
        #expect(scene.tasks().map(\.number).sorted() == [1, 2, 3])
    }

    @Test func `end when their asker takes back the last job, ends, or sends none for long`() throws {
        var scene = HashScene(workers: ["w1"])
        for asker in ["n1", "n2", "n3"] { _ = try scene.ask(1, from: asker, job(1)) }
        _ = scene.hub.cancel(1, from: HashScene.connection("n1"), now: scene.now)
        _ = try scene.answer(2, by: "w1", "A")
        _ = scene.hub.askerLost(HashScene.connection("n3"), now: scene.now)
        #expect(scene.tasks().map(\.state) == [.running, .failed, .cancelled])
        _ = scene.tick(14.9)
        #expect(scene.tasks().count { $0.state == .running } == 1)
        _ = scene.tick(15)
        let states = scene.tasks().sorted { $0.number < $1.number }
        #expect(states.map(\.state) == [.cancelled, .failed, .failed])
        #expect(states[2].problem == "n3 has ended")
        #expect(scene.hub.nextDeadline.map { $0 > scene.now + .seconds(100) } ?? true)
    }

    @Test func `tell news at most four times a second, and at once that they are over`() throws {
        var scene = HashScene(workers: ["w1"])
        func news(_ actions: [HashAction]) -> [HashTaskStatus.State] {
            actions.compactMap { action in
                guard case .task(let status) = action else { return nil }
                return status.state
            }
        }
        var seen = news(
            scene.hub.submit(
                try HashingMessages.encode(job(8)),
                from: HashScene.connection("n1"),
                source: "n1",
                correlation: 1,
                deadline: .seconds(600),
                now: scene.now
            )
        )
        #expect(seen == [.running])
        for step in 1...50 {
            scene.time = .milliseconds(20 * step)
            let body = try HashingMessages.encode(bytesHashed: step)
            seen += news(scene.hub.progressed(1, by: HashScene.connection("w1"), body, now: scene.now))
        }
        #expect(seen.count == 4)
        let answer = try HashingMessages.encode(HashScene.outcomes("AAAAAAAA"))
        #expect(
            news(scene.hub.answered(1, by: HashScene.connection("w1"), .success(answer), now: scene.now)) == [.done]
        )
        #expect(news(scene.hub.tick(scene.now + .seconds(100))) == [])
    }

    @Test func `are bounded, those that are over, too`() throws {
        var scene = HashScene(workers: []) {
            $0.tasks.open = 2
            $0.tasks.over = 3
        }
        for number in 1...2 {
            let task = HashTask(id: "\(number)", kind: .check, name: [], bytesTotal: 10)
            #expect(try scene.ask(UInt64(number), from: "n1", HashScene.job(1, task: task)) == [])
        }
        #expect(try scene.ask(3, from: "n1", job()) == ["n1.3 overloaded"])
        var wide = HashScene(workers: ["w1"]) { $0.tasks.over = 3 }
        for number in 1...9 {
            let task = HashTask(id: "\(number)", kind: .check, name: [], bytesTotal: 10)
            _ = try wide.ask(UInt64(number), from: "n1", HashScene.job(1, task: task))
            _ = try wide.answer(UInt64(number), by: "w1", "A")
        }
        #expect(wide.tasks().map(\.number) == [9, 8, 7])
    }
}
