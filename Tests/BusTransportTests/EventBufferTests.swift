import Testing

@testable import BusTransport

@Suite struct `Events that wait for a reader` {
    func event(_ sequence: UInt64, _ topic: Topic = .log) -> BusEvent {
        .event(topic: topic, sequence: sequence, source: "", timeMilliseconds: 0, body: [])
    }

    @Test func `come in order, and a gap is told before what follows it`() async {
        let buffer = EventBuffer([.log, .job])
        for event in [event(5), event(6), event(1, .job), event(9), event(10), event(2, .job)] { buffer.push(event) }
        buffer.finish()
        let seen = await buffer.stream.reduce(into: []) { $0.append($1) }
        #expect(
            seen == [
                event(5), event(6), event(1, .job), .missed(topic: .log), event(9), event(10), event(2, .job),
            ]
        )
    }

    @Test func `numbers that begin anew are a gap too`() async {
        let buffer = EventBuffer([.log])
        buffer.push(event(7))
        buffer.push(event(1))
        buffer.finish()
        #expect(await buffer.stream.reduce(into: []) { $0.append($1) } == [event(7), .missed(topic: .log), event(1)])
    }

    @Test func `lose the oldest when they are too many, and say so`() async {
        let buffer = EventBuffer([.log])
        buffer.push(event(1))
        var events = buffer.stream.makeAsyncIterator()
        #expect(await events.next() == event(1))
        let last = UInt64(BusLimits.waitingEvents) + 11
        for sequence in 2...last { buffer.push(event(sequence)) }
        #expect(await events.next() == .missed(topic: .log))
        #expect(await events.next() == event(12))
    }

    @Test func `reach a reader who was there first`() async {
        let buffer = EventBuffer([.log])
        async let first = buffer.stream.first { _ in true }
        await Task.yield()
        buffer.push(event(1, .job))
        buffer.push(event(1))
        #expect(await first == event(1))
    }

    @Test func `end with the task that reads`() async {
        let buffer = EventBuffer([.log])
        let reading = Task { for await _ in buffer.stream {} }
        reading.cancel()
        await reading.value
        #expect(buffer.isFinished)
    }
}
