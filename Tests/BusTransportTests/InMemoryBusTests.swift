import BusTransport
import Testing

@Suite struct `In-memory bus` {
    let network = InMemoryNetwork()

    func worker(_ number: Int) -> InMemoryBus {
        network.join(ProcessName(role: .hasherWorker, number: number))
    }

    @Test func `brings a request to its process and the answer back, progress first`() async throws {
        let one = worker(1)
        one.serve { request in
            request.progress([1])
            return request.body + Array(request.source.utf8)
        }
        let (seen, progress) = AsyncStream<[UInt8]>.makeStream()
        let reply = try await network.joinAsControl().request(
            "echo",
            to: .process(ProcessName(role: .hasherWorker, number: 1)),
            body: [7],
            deadline: .seconds(10)
        ) { progress.yield($0) }
        progress.finish()
        #expect(reply == [7] + Array("control".utf8))
        #expect(await seen.reduce(into: []) { $0.append($1) } == [[1]])
    }

    @Test func `gives each process of a role its turn`() async throws {
        for number in 1...3 {
            worker(number).serve { _ in [UInt8(number)] }
        }
        let control = network.joinAsControl()
        var answers: [[UInt8]] = []
        for _ in 0..<4 {
            answers.append(
                try await control.request(
                    "x",
                    to: .any(.hasherWorker),
                    body: [],
                    deadline: .seconds(10),
                    onProgress: nil
                )
            )
        }
        #expect(answers == [[1], [2], [3], [1]])
    }

    @Test func `says at once that nobody is there`() async {
        await #expect(throws: BusFault(.unavailable, "no peer-node is ready")) {
            try await network.joinAsControl()
                .request("x", to: .any(.peerNode), body: [], deadline: .seconds(10), onProgress: nil)
        }
    }

    @Test func `a deadline ends the wait and cancels the handler`() async {
        let (cancelled, note) = AsyncStream<Bool>.makeStream()
        worker(1).serve { _ in
            await withTaskCancellationHandler {
                while !Task.isCancelled { await Task.yield() }
            } onCancel: {
                note.yield(true)
            }
            return []
        }
        await #expect(throws: BusFault.self) {
            try await network.joinAsControl()
                .request("x", to: .any(.hasherWorker), body: [], deadline: .milliseconds(5), onProgress: nil)
        }
        #expect(await cancelled.first { _ in true } == true)
    }

    @Test func `a process that leaves fails those who wait for it`() async {
        let one = worker(1)
        one.serve { _ in
            one.close()
            while !Task.isCancelled { await Task.yield() }
            return []
        }
        await #expect(throws: BusFault(.unavailable, "hasher-worker/1 has ended")) {
            try await network.joinAsControl()
                .request("x", to: .any(.hasherWorker), body: [], deadline: .seconds(10), onProgress: nil)
        }
    }

    @Test func `numbers the events of each topic`() async {
        let one = worker(1)
        var events = network.joinAsControl().events([.log, .job]).makeAsyncIterator()
        one.publish(.log, body: [1])
        one.publish(.torrent, body: [2])
        one.publish(.job, body: [3])
        one.publish(.log, body: [4])
        let source = "hasher-worker/1"
        #expect(await events.next() == .live)
        for (topic, sequence, body) in [(Topic.log, UInt64(1), UInt8(1)), (.job, 1, 3), (.log, 2, 4)] {
            #expect(
                await events.next()
                    == .event(topic: topic, sequence: sequence, source: source, timeMilliseconds: 0, body: [body])
            )
        }
    }
}
