import BitTorrentTypes
import BusServices
import Testing

@testable import MessageHub

@Suite struct `Hash queue` {
    func task(_ id: String) -> HashTask { HashTask(id: id, kind: .recheck, name: [], bytesTotal: 1000) }

    @Test func `takes askers in turn, and the tasks of one asker in turn`() throws {
        var scene = HashScene(workers: [])
        for correlation in 1...3 { _ = try scene.ask(UInt64(correlation), from: "n1", .init(task("x"))) }
        for correlation in 4...6 { _ = try scene.ask(UInt64(correlation), from: "n1", .init(task("y"))) }
        for correlation in 1...2 { _ = try scene.ask(UInt64(correlation), from: "n2", .init(task("x"))) }
        var order: [String] = []
        var attempt: UInt64 = 1
        #expect(scene.join("w1") == ["#1>w1[0]"])
        while order.count < 8 {
            order.append(try #require(scene.answer(attempt, by: "w1", "A").first))
            attempt += 1
        }
        #expect(
            order.map { $0.prefix(4) } == ["n1.1", "n2.1", "n1.4", "n2.2", "n1.2", "n1.5", "n1.3", "n1.6"]
        )
    }

    @Test func `gives an interactive job to a worker that is full of bulk jobs`() throws {
        var scene = HashScene(workers: ["w1"]) { $0.interactive = 2 }
        #expect(try scene.ask(1, from: "n1", HashScene.job(1)) == ["#1>w1[0]"])
        #expect(try scene.ask(2, from: "n1", HashScene.job(1)) == [])
        #expect(try scene.ask(3, from: "n1", HashScene.job(1, .interactive)) == ["#2>w1[0]"])
        #expect(try scene.ask(4, from: "n1", HashScene.job(1, .interactive)) == ["#3>w1[0]"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1, .interactive)) == [])
        #expect(try scene.answer(2, by: "w1", "A") == ["n1.3 A", "#4>w1[0]"])
    }

    @Test func `lets a worker have more jobs ahead while they are small`() throws {
        var scene = HashScene(workers: ["w1"]) {
            $0.credits = 2...4
            $0.bytesAhead = 100
        }
        for number in 1...4 {
            #expect(try scene.ask(UInt64(number), from: "n1", HashScene.job(1)) == ["#\(number)>w1[0]"])
        }
        #expect(try scene.ask(5, from: "n1", HashScene.job(1)) == [])
        var large = HashScene(workers: ["w1"]) {
            $0.credits = 2...4
            $0.bytesAhead = 100
        }
        for number in 1...2 {
            #expect(try large.ask(UInt64(number), from: "n1", HashScene.job(10)).count == 1)
        }
        #expect(try large.ask(3, from: "n1", HashScene.job(1)) == [])
    }

    @Test func `does not let bulk jobs that wait keep interactive ones out`() throws {
        var scene = HashScene(workers: []) { $0.waiting = 1 }
        #expect(try scene.ask(1, from: "n1", HashScene.job(1)) == [])
        #expect(try scene.ask(2, from: "n1", HashScene.job(1)) == ["n1.2 overloaded"])
        #expect(try scene.ask(3, from: "n1", HashScene.job(1, .interactive)) == [])
    }

    @Test func `bounds the memory of its messages`() throws {
        var scene = HashScene(workers: []) { $0.messageBytes = 100 }
        var answers: [String] = []
        for number in 1...10 { answers += try scene.ask(UInt64(number), from: "n1", HashScene.job(1)) }
        #expect(!answers.isEmpty && answers.allSatisfy { $0.hasSuffix("overloaded") })
        for number in 1...10 { _ = scene.hub.cancel(UInt64(number), from: HashScene.connection("n1"), now: scene.now) }
        #expect(scene.hub.messageBytes == 0)
        #expect(try scene.ask(11, from: "n1", HashScene.job(1)) == [])
    }
}

extension HashJob {
    /// One piece of a task.
    fileprivate init(_ task: HashTask) throws {
        self = try HashScene.job(1, task: task)
    }
}
