import BusServices
import BusTransport
import Glibc
import MessageHub
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Harm done to the hub` {
    /// A local socket connected to `path`, without ZeroMQ.
    func rawConnection(_ path: String) throws -> CInt {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0)
        return descriptor
    }

    func statusComes(_ suite: RunningHub) async throws {
        let control = try await suite.control()
        #expect(try await SupervisionClient(control).status().launcherPID == 42)
        await control.close()
    }

    @Test func `by rubbish, half a greeting and fifty silent connections hurts nobody else`() async throws {
        try await RunningHub.with { suite in
            var descriptors: [CInt] = []
            for name in ["hub.sock", "control.sock", "events.sock", "events-in.sock"] {
                let rubbish: [[UInt8]] = [
                    [UInt8](repeating: 0x41, count: 5000), [0xFF, 0, 0, 0], [], Array("GET / HTTP/1.1\r\n\r\n".utf8),
                ]
                for bytes in rubbish {
                    let descriptor = try rawConnection("\(suite.folder)/\(name)")
                    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                    descriptors.append(descriptor)
                }
            }
            for _ in 0..<50 { descriptors.append(try rawConnection("\(suite.folder)/control.sock")) }
            try await statusComes(suite)
            for descriptor in descriptors { close(descriptor) }
            try await statusComes(suite)
        }
    }

    @Test func `by messages of no, one or a thousand parts is nothing`() async throws {
        try await RunningHub.with { suite in
            let socket = try ZeroMQSocket(.dealer, in: ZeroMQContext())
            try socket.connect("ipc://\(suite.folder)/control.sock")
            for parts in [[[]], [[1, 2, 3]], [[], []], [[], [], []], [[UInt8]](repeating: [7], count: 1000)] {
                while try !socket.send(parts) { await Task.yield() }
            }
            try await statusComes(suite)
        }
    }

    @Test func `by a message over the limit ends that connection only`() async throws {
        try await RunningHub.with { suite in
            let socket = try ZeroMQSocket(.dealer, in: ZeroMQContext())
            try socket.connect("ipc://\(suite.folder)/control.sock")
            _ = try socket.send([[UInt8](repeating: 0, count: 5 << 20)])
            try await statusComes(suite)
        }
    }

    @Test func `by another version is answered with both versions`() async throws {
        try await RunningHub.with { suite in
            let socket = try ZeroMQSocket(.dealer, in: ZeroMQContext())
            try socket.connect("ipc://\(suite.folder)/control.sock")
            // version 9, kind request, correlation 5
            _ = try socket.send([[8, 9, 16, 1, 24, 5], []])
            let wake = try WakeSignal()
            try ZeroMQPoll.wait(reading: [socket], wake: wake, timeout: .seconds(20))
            let parts = try #require(try socket.receive()).parts
            let envelope = try Envelope(parts[0])
            #expect(envelope.correlation == 5)
            #expect(envelope.fault?.code == .version)
            #expect(envelope.fault?.message.contains("version 9") == true)
        }
    }

    @Test func `by removing its sockets is mended`() async throws {
        var times = HubTimes()
        times.heartbeat = .milliseconds(20)
        try await RunningHub.with(times: times) { suite in
            let before = try await suite.control()
            unlink("\(suite.folder)/control.sock")
            var after: ZeroMQBus?
            while after == nil {
                // Nobody listens there until the hub has looked.
                do { after = try await suite.control() } catch { await Task.yield() }
            }
            for bus in [before, try #require(after)] {
                #expect(try await SupervisionClient(bus).status().launcherPID == 42)
            }
        }
    }

    @Test func `by a subscription to a long topic ends that connection only`() async throws {
        try await RunningHub.with { suite in
            let socket = try ZeroMQSocket(.sub, in: ZeroMQContext())
            try socket.connect("ipc://\(suite.folder)/events.sock")
            try socket.subscribe([UInt8](repeating: 0x41, count: 100_000))
            let control = try await suite.control()
            var updates = EventFeed(control).updates([.log]).makeAsyncIterator()
            #expect(await updates.next() == .live)
        }
    }

    @Test func `by sockets of a launcher that died is cleared, by anything else is refused`() async throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let run = folder + "/run"
        mkdir(run, 0o700)
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array("\(run)/hub.sock".utf8)) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(stale)
        let nobody = await #expect(throws: BusFault.self) { try await ZeroMQBus.connect(.processes(in: run)) }
        #expect(nobody?.code == .unavailable)
        let hub = try await Hub.open(runFolder: run, logger: quietLogger)
        var status = stat()
        for name in ["hub.sock", "control.sock", "events.sock", "events-in.sock"] {
            #expect(stat("\(run)/\(name)", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        let changed = { stat("\(run)/hash-check", &status) == 0 ? status.st_ctim.tv_nsec : 0 }
        let before = changed()
        let second = await #expect(throws: BusFault.self) {
            _ = try await Hub.open(runFolder: run, logger: quietLogger)
        }
        #expect(second?.code == .alreadyExists)
        #expect(before == changed())
        await hub.close()
        #expect(stat("\(run)/hash-check", &status) != 0)
        #expect(stat("\(run)/hub.sock", &status) != 0)
        close(open("\(run)/control.sock", O_CREAT | O_WRONLY, 0o600))
        let file = await #expect(throws: BusFault.self) {
            _ = try await Hub.open(runFolder: run, logger: quietLogger)
        }
        #expect(file?.code == .failed)
        unlink("\(run)/control.sock")
        symlink("/dev/null", "\(run)/control.sock")
        let link = await #expect(throws: BusFault.self) {
            _ = try await Hub.open(runFolder: run, logger: quietLogger)
        }
        #expect(link?.code == .failed)
        unlink("\(run)/control.sock")
        chmod(run, 0o777)
        let writable = await #expect(throws: BusFault.self) {
            _ = try await Hub.open(runFolder: run, logger: quietLogger)
        }
        #expect(writable?.code == .failed)
    }
}
