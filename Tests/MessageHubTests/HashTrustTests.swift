import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@testable import MessageHub

@Suite struct `Trust in hasher-workers` {
    @Test func `workers learn neither what is expected nor what it is for`() throws {
        var scene = HashScene(workers: ["w1"])
        let task = HashTask(id: "t", kind: .check, name: [], bytesTotal: 30)
        let actions = scene.hub.submit(
            try HashingMessages.encode(HashScene.job(3, expected: "ABC", task: task)),
            from: HashScene.connection("n1"),
            source: "n1",
            correlation: 1,
            deadline: .seconds(9),
            now: scene.now
        )
        let bodies = actions.compactMap { action -> [UInt8]? in
            guard case .assign(_, _, let body, _, _) = action else { return nil }
            return body
        }
        #expect(try bodies.map { try HashingMessages.job($0) } == [try HashScene.job(3)])
    }

    @Test func `a piece that differs is hashed again by another worker, who is believed when it is as expected`() throws
    {
        var scene = HashScene(workers: ["w1", "w2"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(4, expected: "ABCD")) == ["#1>w1[0, 1, 2, 3]"])
        #expect(try scene.answer(1, by: "w1", "AxCy") == ["#2>w2[1, 3]"])
        #expect(try scene.answer(2, by: "w2", "BD") == ["n1.5 ABCD"])
        #expect(scene.hub.workers[HashScene.connection("w1")]?.wrongAnswers == 1)
    }

    @Test func `a worker proven wrong twice is to be replaced, and loses what it has`() throws {
        var scene = HashScene(workers: ["w1", "w2"])
        _ = try scene.ask(1, from: "n1", HashScene.job(1, expected: "A"))
        _ = try scene.answer(1, by: "w1", "x")
        #expect(try scene.ask(2, from: "n1", HashScene.job(1, expected: "A")) == ["#3>w1[0]"])
        #expect(try scene.answer(2, by: "w2", "A") == ["n1.1 A"])
        #expect(try scene.answer(3, by: "w1", "x") == ["#4>w2[0]"])
        #expect(try scene.ask(3, from: "n1", HashScene.job(1)) == ["#5>w1[0]"])
        #expect(try scene.answer(4, by: "w2", "A") == ["n1.2 A", "#5!w1", "distrust w1", "#6>w2[0]"])
        #expect(try scene.answer(5, by: "w1", "z") == [])
        #expect(try scene.answer(6, by: "w2", "A") == ["n1.3 A"])
    }

    @Test func `two that agree settle that the bytes are bad, and nobody is blamed`() throws {
        var scene = HashScene(workers: ["w1", "w2", "w3"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(2, expected: "AB")) == ["#1>w1[0, 1]"])
        #expect(try scene.answer(1, by: "w1", "Ax") == ["#2>w2[1]"])
        #expect(try scene.answer(2, by: "w2", "x") == ["n1.5 Ax"])
        #expect(scene.hub.workers.all.allSatisfy { $0.wrongAnswers == 0 })
    }

    @Test func `when two disagree a third is asked, and no more`() throws {
        var scene = HashScene(workers: ["w1", "w2", "w3", "w4"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1, expected: "A")) == ["#1>w1[0]"])
        #expect(try scene.answer(1, by: "w1", "x") == ["#2>w2[0]"])
        #expect(try scene.answer(2, by: "w2", "y") == ["#3>w3[0]"])
        #expect(try scene.answer(3, by: "w3", "A") == ["n1.5 A"])
        #expect(scene.hub.workers.all.map(\.wrongAnswers).sorted() == [0, 0, 1, 1])
        #expect(try scene.ask(6, from: "n1", HashScene.job(1, expected: "A")) == ["#4>w1[0]"])
        #expect(try scene.answer(4, by: "w1", "x") == ["#5>w2[0]"])
        #expect(try scene.answer(5, by: "w2", "y") == ["#6>w3[0]"])
        #expect(try scene.answer(6, by: "w3", "z") == ["n1.6 z"])
    }

    @Test func `a lone worker is asked once more`() throws {
        var scene = HashScene(workers: ["w1"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(2, expected: "AB")) == ["#1>w1[0, 1]"])
        #expect(try scene.answer(1, by: "w1", "xB") == ["#2>w1[0]"])
        #expect(try scene.answer(2, by: "w1", "x") == ["n1.5 xB"])
        #expect(try scene.ask(6, from: "n1", HashScene.job(1, expected: "A")) == ["#3>w1[0]"])
        #expect(try scene.answer(3, by: "w1", "x") == ["#4>w1[0]"])
        #expect(try scene.answer(4, by: "w1", "y") == ["n1.6 y"])
    }

    @Test func `the second opinion does not wait for a worker that is gone`() throws {
        var scene = HashScene(workers: ["w1", "w2"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1, expected: "A")) == ["#1>w1[0]"])
        #expect(try scene.answer(1, by: "w1", "x") == ["#2>w2[0]"])
        #expect(scene.lose("w2") == ["#3>w1[0]"])
        #expect(try scene.answer(3, by: "w1", "A") == ["n1.5 A"])
    }

    @Test func `what one cannot read another may, also when nobody knows what to expect`() throws {
        var scene = HashScene(workers: ["w1", "w2"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(2)) == ["#1>w1[0, 1]"])
        #expect(try scene.answer(1, by: "w1", "?B") == ["#2>w2[0]"])
        #expect(try scene.answer(2, by: "w2", "A") == ["n1.5 AB"])
        #expect(try scene.ask(6, from: "n1", HashScene.job(1)) == ["#3>w1[0]"])
        #expect(try scene.answer(3, by: "w1", "?") == ["#4>w2[0]"])
        #expect(try scene.answer(4, by: "w2", "?") == ["n1.6 ?"])
    }

    @Test func `a second opinion tells its asker no progress that goes back`() throws {
        var scene = HashScene(workers: ["w1", "w2"])
        _ = try scene.ask(5, from: "n1", HashScene.job(4, expected: "ABCD"))
        #expect(try scene.progress(1, by: "w1", 30) == ["n1.5 progress"])
        _ = try scene.answer(1, by: "w1", "ABxx")
        #expect(try scene.progress(2, by: "w2", 10) == [])
        #expect(scene.lose("w2") == ["#3>w1[2, 3]"])
    }

    // MARK: - Checks

    func check(_ letters: String, after: Int = 2) throws -> HashCheck {
        HashCheck(
            job: try HashScene.job(letters.count),
            outcomes: HashScene.outcomes(letters),
            after: after
        )
    }

    @Test func `a new worker gets a check, and jobs when it passed`() throws {
        var scene = HashScene(workers: [], checks: [try check("PQ")])
        #expect(scene.join("w1") == ["#1>w1[0, 1]"])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1)) == [])
        #expect(try scene.answer(1, by: "w1", "PQ") == ["#2>w1[0]"])
    }

    @Test(arguments: ["PP", "P?", "??", "P"])
    func `one that answers its check wrongly never gets a job`(letters: String) throws {
        var scene = HashScene(workers: [], checks: [try check("PQ")])
        _ = scene.join("w1")
        #expect(try scene.ask(5, from: "n1", HashScene.job(1)) == [])
        #expect(try scene.answer(1, by: "w1", letters) == ["review w1"])
        let worker = HashScene.connection("w1")
        let actions = scene.hub.reviewed(worker, isFileIntact: true, reason: "", now: scene.now)
        #expect(scene.story(actions) == ["distrust w1"])
        #expect(scene.tick(100) == [])
    }

    @Test func `nobody is blamed when the file of the checks was changed`() throws {
        var scene = HashScene(workers: [], checks: [try check("PQ")])
        _ = scene.join("w1")
        #expect(try scene.answer(1, by: "w1", "P?") == ["review w1"])
        let worker = HashScene.connection("w1")
        let actions = scene.hub.reviewed(worker, isFileIntact: false, reason: "", now: scene.now)
        #expect(scene.story(actions) == ["#2>w1[0, 1]"])
        #expect(try scene.answer(2, by: "w1", "PQ") == [])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1)) == ["#3>w1[0]"])
    }

    @Test func `checks come between jobs, and who fails loses its jobs and the tasks that nobody can vouch for`() throws
    {
        var scene = HashScene(workers: [], checks: [try check("PQ")])
        let upload = HashTask(id: "u", kind: .upload, name: [], bytesTotal: 1000)
        _ = scene.join("w1")
        _ = try scene.answer(1, by: "w1", "PQ")
        #expect(try scene.ask(1, from: "n1", HashScene.job(1, task: upload)) == ["#2>w1[0]"])
        #expect(try scene.answer(2, by: "w1", "A") == ["n1.1 A"])
        #expect(try scene.ask(2, from: "n1", HashScene.job(1)) == ["#3>w1[0]"])
        #expect(try scene.answer(3, by: "w1", "A") == ["n1.2 A", "#4>w1[0, 1]"])
        #expect(try scene.ask(3, from: "n1", HashScene.job(1)) == ["#5>w1[0]"])
        #expect(try scene.answer(4, by: "w1", "AA") == ["review w1"])
        let worker = HashScene.connection("w1")
        let actions = scene.hub.reviewed(worker, isFileIntact: true, reason: "", now: scene.now)
        #expect(scene.story(actions) == ["#5!w1", "distrust w1"])
        #expect(scene.tasks().map(\.state) == [.failed])
        #expect(try scene.ask(4, from: "n1", HashScene.job(1, task: upload)) == ["n1.4 failed"])
        #expect(try scene.answer(5, by: "w1", "A") == [])
        #expect(scene.join("w2") == ["#6>w2[0, 1]"])
        #expect(try scene.answer(6, by: "w2", "PQ") == ["#7>w2[0]"])
        #expect(try scene.answer(7, by: "w2", "A") == ["n1.3 A"])
    }

    @Test func `a worker that does everything but its check is found`() throws {
        var scene = HashScene(workers: [], checks: [try check("PQ", after: 1)])
        _ = scene.join("w1")
        _ = try scene.answer(1, by: "w1", "PQ")
        _ = try scene.ask(1, from: "n1", HashScene.job(1))
        #expect(try scene.answer(2, by: "w1", "A") == ["n1.1 A", "#3>w1[0, 1]"])
        var attempt: UInt64 = 4
        for second in stride(from: 4.0, to: 60, by: 4) {
            #expect(scene.tick(second) == [])
            _ = try scene.ask(attempt, from: "n1", HashScene.job(1))
            #expect(try scene.answer(attempt, by: "w1", "A") == ["n1.\(attempt) A"])
            attempt += 1
        }
        #expect(scene.tick(60) == ["#3!w1", "review w1"])
    }

    @Test func `a worker that slept through its first check is believed when it answers`() throws {
        var scene = HashScene(workers: [], checks: [try check("PQ")])
        _ = scene.join("w1")
        #expect(scene.tick(5) == [])
        #expect(try scene.answer(1, by: "w1", "PQ") == [])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1)) == ["#2>w1[0]"])
    }

    @Test func `a worker that said nothing is asked something easy, and works again when it answers`() throws {
        var scene = HashScene(workers: [], checks: [try check("PQ")])
        _ = scene.join("w1")
        #expect(try scene.answer(1, by: "w1", "PQ") == [])
        #expect(try scene.ask(5, from: "n1", HashScene.job(1)) == ["#2>w1[0]"])
        #expect(scene.tick(5) == ["#2!w1", "#3>w1[0, 1]"])
        #expect(try scene.answer(3, by: "w1", "PQ") == ["#4>w1[0]"])
    }

    // MARK: - Slow and forgetful ones

    @Test func `a job that crawls goes to another worker, once, and who was slow is counted when that is proven`()
        throws
    {
        let large = 4 << 20
        var scene = HashScene(workers: ["w1", "w2"])
        // w2 has shown what is usual: 4 MiB in 10 ms.
        _ = try scene.ask(1, from: "n1", HashScene.job(1, expected: "A", bytes: large))
        #expect(try scene.ask(2, from: "n1", HashScene.job(1, expected: "A", bytes: large)) == ["#2>w2[0]"])
        scene.time = .milliseconds(10)
        #expect(try scene.answer(2, by: "w2", "A") == ["n1.2 A"])
        var story: [String] = []
        for second in 1...5 {
            story += scene.tick(Double(second))
            if second < 5 { _ = try scene.progress(1, by: "w1", second * 50_000) }
        }
        #expect(story == ["#1!w1", "#3>w2[0]"])
        scene.time = .milliseconds(5010)
        #expect(try scene.answer(1, by: "w1", "z") == [])
        #expect(try scene.answer(3, by: "w2", "A") == ["n1.1 A"])
        #expect(scene.hub.workers[HashScene.connection("w1")]?.wrongAnswers == 1)
    }

    @Test func `a job that crawls everywhere stays where it is`() throws {
        let large = 4 << 20
        var scene = HashScene(workers: ["w1", "w2"])
        _ = try scene.ask(1, from: "n1", HashScene.job(1, expected: "A", bytes: large))
        _ = try scene.ask(2, from: "n1", HashScene.job(1, expected: "A", bytes: large))
        scene.time = .milliseconds(10)
        _ = try scene.answer(2, by: "w2", "A")
        _ = try scene.ask(3, from: "n1", HashScene.job(1, expected: "A", bytes: large))
        _ = try scene.answer(3, by: "w2", "A")
        var story: [String] = []
        for second in 1...60 {
            story += scene.tick(Double(second))
            _ = try scene.progress(1, by: "w1", second * 50_000)
            _ = try scene.progress(4, by: "w2", (second - 5) * 50_000)
        }
        #expect(story == ["#1!w1", "#4>w2[0]"])
        scene.time = .seconds(61)
        #expect(try scene.answer(4, by: "w2", "A") == ["n1.1 A"])
        #expect(scene.hub.workers.all.allSatisfy { $0.wrongAnswers == 0 })
    }

    @Test func `a worker that forgets one job and does the others loses that one`() throws {
        var scene = HashScene(workers: ["w1"]) { $0.credits = 2...2 }
        #expect(try scene.ask(1, from: "n1", HashScene.job(1)) == ["#1>w1[0]"])
        for (attempt, second) in zip(2...4 as ClosedRange<UInt64>, 1...3) {
            #expect(scene.tick(Double(second)) == [])
            #expect(try scene.ask(attempt, from: "n1", HashScene.job(1)) == ["#\(attempt)>w1[0]"])
            #expect(try scene.answer(attempt, by: "w1", "A") == ["n1.\(attempt) A"])
        }
        _ = scene.tick(4.5)
        #expect(scene.join("w2") == [])
        #expect(scene.tick(5) == ["#1!w1", "#5>w2[0]"])
        #expect(try scene.answer(5, by: "w2", "A") == ["n1.1 A"])
    }

    @Test func `a worker that says it moves but does not is silent`() throws {
        var scene = HashScene(workers: ["w1", "w2"])
        #expect(try scene.ask(1, from: "n1", HashScene.job(2)) == ["#1>w1[0, 1]"])
        var story: [String] = []
        for second in 1...5 {
            story += scene.tick(Double(second))
            _ = try scene.progress(1, by: "w1", 0)
        }
        #expect(story == ["#1!w1", "#2>w2[0, 1]"])
    }
}
