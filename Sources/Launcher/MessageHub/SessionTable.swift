package import BusServices
package import BusTransport

/// The processes that the launcher started and that have shown so.
///
///     expect(name, epoch, token) ──▶ hello(token) ──▶ ready ──▶ heartbeat, heartbeat… ──▶ ended, or hung
///
/// A name has one session at most, that of its newest start: an older one is cut off as soon as the new one is
/// expected, so a process that was frozen and replaced does no harm when it wakes.
package struct SessionTable: Sendable {
    package struct Session: Hashable, Sendable {
        package let process: Incarnation
        package var isReady = false
        package var load = 0
        package var lastHeard: ContinuousClock.Instant
    }

    private struct Expectation: Sendable {
        let epoch: UInt64
        let token: [UInt8]
    }

    private var expected: [ProcessName: Expectation] = [:]
    private var sessions: [Connection: Session] = [:]
    private var connections: [ProcessName: Connection] = [:]

    package init() {}

    package subscript(connection: Connection) -> Session? { sessions[connection] }

    package func connection(of name: ProcessName) -> Connection? { connections[name] }

    /// The ready processes of `role`, in the order of their names.
    package func ready(_ role: Role) -> [(connection: Connection, session: Session)] {
        sessions.filter { $0.value.isReady && $0.value.process.name.role == role }
            .sorted { $0.value.process.name < $1.value.process.name }
            .map { ($0.key, $0.value) }
    }

    /// From now on only this start of `name` is let in; the connection of an older one is cut off and returned.
    package mutating func expect(_ process: Incarnation, token: [UInt8]) -> Connection? {
        expected[process.name] = Expectation(epoch: process.epoch, token: token)
        return cutOff(process.name)
    }

    package mutating func hello(
        _ hello: SessionHello,
        from connection: Connection,
        now: ContinuousClock.Instant
    ) throws(BusFault) {
        guard let expectation = expected[hello.name] else {
            throw BusFault(.refused, "no process called \(hello.name) was started by this launcher")
        }
        guard hello.epoch == expectation.epoch else {
            throw BusFault(
                .refused,
                "\(hello.name) was started \(expectation.epoch) times, this is start \(hello.epoch)"
            )
        }
        guard Self.areEqual(hello.token, expectation.token) else {
            throw BusFault(.refused, "the token of \(hello.name) is wrong")
        }
        if let old = connections[hello.name], old != connection {
            throw BusFault(.refused, "\(hello.name) is connected already")
        }
        sessions[connection] = Session(
            process: Incarnation(name: hello.name, epoch: hello.epoch),
            isReady: sessions[connection]?.isReady ?? false,
            load: sessions[connection]?.load ?? 0,
            lastHeard: now
        )
        connections[hello.name] = connection
    }

    package mutating func ready(_ connection: Connection, now: ContinuousClock.Instant) {
        sessions[connection]?.isReady = true
        sessions[connection]?.lastHeard = now
    }

    package mutating func heartbeat(_ connection: Connection, load: Int, now: ContinuousClock.Instant) {
        sessions[connection]?.load = load
        sessions[connection]?.lastHeard = now
    }

    /// Forgets a start that has ended; a newer start of the same name stays.
    package mutating func ended(_ process: Incarnation) -> Connection? {
        if expected[process.name]?.epoch == process.epoch { expected[process.name] = nil }
        guard let connection = connections[process.name], sessions[connection]?.process == process else { return nil }
        return cutOff(process.name)
    }

    /// Cuts off the processes that were not heard of for `limit`.
    package mutating func hung(
        after limit: Duration,
        now: ContinuousClock.Instant
    ) -> [(connection: Connection, process: Incarnation)] {
        let silent = sessions.filter { now - $0.value.lastHeard >= limit }
        for (_, session) in silent { _ = ended(session.process) }
        return silent.map { ($0.key, $0.value.process) }
    }

    /// Counts `pause`, in which this launcher itself did not run, for nobody.
    package mutating func excuse(_ pause: Duration, now: ContinuousClock.Instant) {
        for (connection, session) in sessions {
            // Whom we heard since the pause, we heard now.
            sessions[connection]?.lastHeard = min(session.lastHeard + pause, now)
        }
    }

    private mutating func cutOff(_ name: ProcessName) -> Connection? {
        guard let connection = connections.removeValue(forKey: name) else { return nil }
        sessions[connection] = nil
        return connection
    }

    /// Compares secrets in a time that does not depend on where they differ.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count, !left.isEmpty else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
