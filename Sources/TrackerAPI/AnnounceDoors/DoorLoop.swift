import CDoorSockets
import Glibc
import Synchronization
import TrackerWire

/// A thread that waits for the sockets of the tracker and serves them, UDP and HTTP alike.
final class DoorLoop: @unchecked Sendable {
    /// The sockets of one loop.
    struct Sockets: Sendable {
        var datagrams: [Int32] = []
        /// Shared with the other loops: each connection wakes one of them.
        var listeners: [Int32] = []
    }

    /// What a token names that is no connection; connections have a generation above their descriptor.
    private static let bellToken: UInt64 = .max
    private static let restMilliseconds: Int32 = 100

    private let poll: Int32
    private let bell: Int32
    private let stopping = StopFlag()
    private let thread: DoorThread

    /// Starts the thread; `handOver` gets connections that ask for something else, and the bytes they sent so far.
    init(
        _ sockets: Sockets,
        swarms: Swarms,
        gate: AnnounceGate,
        ids: ConnectionIDs,
        limits: HTTPDoor.Limits,
        handOver: @escaping @Sendable (Int32, [UInt8]) -> Void
    ) {
        let poll = door_poll_create()
        let bell = door_bell_create()
        precondition(poll >= 0 && bell >= 0, "a process that starts has descriptors")
        _ = door_poll_add(poll, bell, Self.bellToken, UInt32(DOOR_READABLE))
        self.poll = poll
        self.bell = bell
        let stopping = stopping
        thread = DoorThread {
            let desk = TrackerDesk(swarms: swarms, gate: gate)
            let datagrams = sockets.datagrams.map { UDPDoor(descriptor: $0, ids: ids) }
            let http = HTTPDoor(listeners: sockets.listeners, poll: poll, limits: limits, handOver: handOver)
            for socket in sockets.datagrams + sockets.listeners {
                _ = door_poll_add(poll, socket, UInt64(socket), UInt32(DOOR_READABLE))
            }
            Self.run(poll, bell, stopping, desk, datagrams, http)
        }
    }

    /// Ends the thread; its connections are closed, its sockets are not.
    func stop() {
        stopping.isSet.store(true, ordering: .releasing)
        door_bell_ring(bell)
        thread.join()
        close(poll)
        close(bell)
    }

    private static func run(
        _ poll: Int32,
        _ bell: Int32,
        _ stopping: StopFlag,
        _ desk: TrackerDesk,
        _ datagrams: [UDPDoor],
        _ http: HTTPDoor
    ) {
        var ready = [door_ready](repeating: door_ready(), count: 256)
        var lastSecond = desk.second
        while !stopping.isSet.load(ordering: .acquiring) {
            let count = Int(door_poll_wait(poll, &ready, Int32(ready.count), http.isResting ? restMilliseconds : 1_000))
            desk.beginRound()
            if http.isResting, count == 0 || desk.second != lastSecond { endRest(http, poll) }
            for event in ready.prefix(max(0, count)) {
                switch event.token {
                case bellToken: door_bell_quiet(bell)
                case 0...0xFFFF_FFFF: serve(Int32(truncatingIfNeeded: event.token), poll, desk, datagrams, http)
                default: http.ready(event.token, event.events, desk)
                }
            }
            if desk.second != lastSecond {
                lastSecond = desk.second
                http.closeLate(desk)
            }
        }
    }

    private static func serve(
        _ socket: Int32,
        _ poll: Int32,
        _ desk: TrackerDesk,
        _ datagrams: [UDPDoor],
        _ http: HTTPDoor
    ) {
        if let door = datagrams.first(where: { $0.descriptor == socket }) {
            door.serve(desk)
        } else if !http.isResting {
            http.accept(from: socket, desk)
            // Without descriptors a listener would be ready without end.
            if http.isResting { for listener in http.listeners { _ = door_poll_remove(poll, listener) } }
        }
    }

    private static func endRest(_ http: HTTPDoor, _ poll: Int32) {
        http.endRest()
        for listener in http.listeners { _ = door_poll_add(poll, listener, UInt64(listener), UInt32(DOOR_READABLE)) }
    }
}

/// Tells a thread that it is to end.
private final class StopFlag: Sendable {
    let isSet = Atomic(false)
}

/// A thread that somebody waits for.
private struct DoorThread: @unchecked Sendable {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let thread: pthread_t

    init(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            },
            work.toOpaque()
        )
        precondition(code == 0, "a process that starts may have threads")
        self.thread = thread
    }

    func join() { pthread_join(thread, nil) }
}
