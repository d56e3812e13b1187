import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@Suite struct `Hash tasks as messages` {
    func status(_ state: HashTaskStatus.State) -> HashTaskStatus {
        let task = HashTask(
            id: "r1",
            kind: .recheck,
            name: [0xFF, 0x41],
            infoHash: InfoHash(0..<20),
            bytesTotal: 1 << 40,
            bytesBefore: 7
        )
        var status = HashTaskStatus(number: 9, task: task, requester: "peer-node/1", state: state)
        status.problem = "äh"
        status.bytesDone = 1 << 39
        status.rate = 1024
        status.seconds = 2.5
        status.workers = ["hasher-worker/1", "hasher-worker/2"]
        return status
    }

    @Test(arguments: HashTaskStatus.State.allCases)
    func `arrive as they were sent`(state: HashTaskStatus.State) throws {
        let status = status(state)
        #expect(try HashTaskMessages.tasks(HashTaskMessages.encode([status, status])) == [status, status])
        #expect(try HashTaskMessages.cancelled(HashTaskMessages.encode(cancelled: status)) == status)
        let event = SuiteEvent.hashTaskChanged(status)
        #expect(try EventMessages.event(EventMessages.encode(event), topic: .job) == event)
        #expect(try HashTaskMessages.number(HashTaskMessages.encode(cancel: 9)) == 9)
    }

    @Test func `say how long it takes while there is something to say`() {
        #expect(status(.running).etaSeconds == Double(1 << 29))
        #expect(status(.done).etaSeconds == nil)
        var still = status(.running)
        still.rate = 0
        #expect(still.etaSeconds == nil)
    }

    @Test func `without sense are refused`() {
        #expect(throws: BusFault.self) { try HashTaskMessages.cancelled([]) }
        #expect(throws: BusFault.self) { try HashTaskMessages.tasks([10, 0]) }
    }
}
