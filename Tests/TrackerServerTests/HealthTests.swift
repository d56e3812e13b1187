import BusServices
import BusTransport
import Testing

@testable import TrackerServer

@Suite struct `The health of the tracker` {
    @Test(arguments: [
        (ProcessState.ready, ProcessState.ready, "ok", 200, 200), (.failed, .ready, "degraded", 503, 200),
        (.ready, .waiting, "degraded", 200, 503),
    ])
    func `tells which part cannot be used`(
        node: ProcessState,
        worker: ProcessState,
        status: String,
        ofNode: Int,
        ofWorker: Int
    ) async throws {
        let torrents = RecordingTorrents()
        let states = [SmallSuite.node: node, SmallSuite.worker: worker]
        let suite = SmallSuite.joined(torrents: torrents, states: states).suite
        try await RunningTracker.with(torrents: torrents, suite: suite) { tracker async throws in
            let health = try await tracker.get("/health")
            #expect(health.status == 200)
            #expect(try health.json["status"] as? String == status)
            for (role, expected) in [
                ("tracker-api", 200), ("database", 200), ("hub", 200), ("peer-node", ofNode),
                ("hasher-worker", ofWorker),
            ] {
                let answer = try await tracker.get("/health?role=\(role)")
                #expect(answer.status == expected, "\(role)")
                let roles = try answer.json["roles"] as? [String: [String: Any]]
                #expect((roles?[role]?["reason"] == nil) == (expected == 200), "\(role)")
            }
            #expect(try await tracker.get("/health?role=kitchen").status == 400)
        }
    }

    @Test func `is degraded without a hub, and tells why`() async throws {
        try await RunningTracker.with(suite: Suite.none) { tracker async throws in
            #expect(try await tracker.get("/health").json["status"] as? String == "degraded")
            #expect(try await tracker.get("/health?role=hub").status == 503)
            let control = try await tracker.get("/api/v1/status")
            #expect(control.status == 503)
            #expect(try control.json["detail"] as? String == "this tracker runs without a launcher")
        }
    }
}
