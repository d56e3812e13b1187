import BusServices
import BusTransport
import Glibc
import Logging
import Synchronization
import Testing

@testable import Supervisor

/// A supervisor of shell scripts, ended in order when its scope ends.
private struct Scripts {
    let supervisor: Supervisor
    let folder: String
    let log: Lines
    let reports: AsyncStream<ProcessReport>

    static func with(_ script: String, _ body: (Scripts) async throws -> Void) async throws {
        var template = Array("/tmp/supervisor-XXXXXX".utf8CString)
        _ = mkdtemp(&template)
        let folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let program = "\(folder)/script"
        let text = Array("#!/bin/sh\n\(script)\n".utf8)
        let file = open(program, O_CREAT | O_WRONLY | O_CLOEXEC, 0o700)
        _ = write(file, text, text.count)
        close(file)
        let log = Lines()
        let (reports, report) = AsyncStream.makeStream(of: ProcessReport.self)
        let plan = SupervisorPlan(
            version: "0",
            home: folder,
            launcherPID: getpid(),
            logFolder: folder,
            program: { _ in program },
            environment: { name, epoch, token in
                ["NAME": name.description, "EPOCH": "\(epoch)", "PATH": "/bin:/usr/bin"]
            },
            hashQueue: { HashQueueReport() },
            expect: { name, epoch, token in log.append("expect \(name) \(epoch) \(token.count)") },
            ended: { name, epoch in log.append("ended \(name) \(epoch)") },
            changed: { report.yield($0) },
            stopAsked: { log.append("stop") }
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let supervisor = Supervisor(plan, pids: RunningPIDs(), logger: logger)
        let scripts = Scripts(supervisor: supervisor, folder: folder, log: log, reports: reports)
        async let news: Void = supervisor.run()
        let outcome: Result<Void, any Error>
        do {
            try await body(scripts)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await supervisor.stopAll()
        await news
        for name in [
            "script", "peer-node-1.stderr", "peer-node-2.stderr", "tracker-api-1.stderr", "hasher-worker-1.stderr",
        ] {
            unlink("\(folder)/\(name)")
        }
        rmdir(folder)
        try outcome.get()
    }

    /// Waits for a process to be seen in a state, and answers with its report.
    func seen(_ state: ProcessState, epoch: UInt64, running: Bool = true) async -> ProcessReport? {
        await reports.first { $0.state == state && $0.epoch == epoch && ($0.pid != 0) == running }
    }
}

/// Lines that several tasks add.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

private let node = ProcessName(role: .peerNode, number: 1)

@Suite(.timeLimit(.minutes(1))) struct `Supervisor of scripts` {
    /// Says nothing, ends at the end of stdin or at SIGTERM.
    private static let quiet = "exec cat"

    @Test func `starts a killed process again with a new epoch`() async throws {
        try await Scripts.with(Self.quiet) { scripts in
            async let started: Void = scripts.supervisor.start([.peerNode: 1])
            let first = try #require(await scripts.seen(.starting, epoch: 1))
            scripts.supervisor.tell(.ready(node, epoch: 1, Endpoints(peerPort: 1)))
            try await started
            kill(first.pid, SIGKILL)
            let waiting = try #require(await scripts.seen(.waiting, epoch: 1, running: false))
            #expect(waiting.lastExit == "signal 9 (Killed)")
            let second = try #require(await scripts.seen(.starting, epoch: 2))
            #expect(second.pid != first.pid)
            #expect(second.restarts == 1)
            #expect(scripts.log.all == ["expect peer-node/1 1 32", "ended peer-node/1 1", "expect peer-node/1 2 32"])
        }
    }

    @Test func `gives up a process that ends at once, and says why`() async throws {
        try await Scripts.with("echo 'port 1 is taken' >&2; exit 3") { scripts in
            try await scripts.supervisor.start([.peerNode: 1])
            let report = try #require(await scripts.supervisor.status().processes.first)
            #expect(report.state == .failed)
            #expect(report.epoch == 5)
            #expect(report.lastExit == "exit code 3: port 1 is taken")
        }
    }

    @Test func `gives up a program that is not there`() async throws {
        try await Scripts.with("") { scripts in
            unlink("\(scripts.folder)/script")
            try await scripts.supervisor.start([.peerNode: 1])
            let report = try #require(await scripts.supervisor.status().processes.first)
            #expect(report.state == .failed)
            #expect(report.lastExit.hasPrefix("cannot start \(scripts.folder)/script: "))
        }
    }

    @Test func `leaves none when it stops everything, nodes first`() async throws {
        var pids: [Int32] = []
        let log = Lines()
        try await Scripts.with(Self.quiet) { scripts in
            async let started: Void = scripts.supervisor.start([.peerNode: 2, .trackerAPI: 1, .hasherWorker: 1])
            var running: Set<ProcessName> = []
            for await report in scripts.reports where report.pid != 0 {
                pids.append(report.pid)
                running.insert(report.name)
                scripts.supervisor.tell(.ready(report.name, epoch: 1, Endpoints()))
                if running.count == 4 { break }
            }
            try await started
            await scripts.supervisor.stopAll()
            for line in scripts.log.all where line.hasPrefix("ended") { log.append(line) }
        }
        #expect(pids.allSatisfy { kill($0, 0) != 0 && errno == ESRCH })
        #expect(Set(log.all.prefix(2)) == ["ended peer-node/1 1", "ended peer-node/2 1"])
        #expect(Array(log.all.dropFirst(2)) == ["ended tracker-api/1 1", "ended hasher-worker/1 1"])
    }

    @Test func `stops the highest numbers when scaled down and takes them up again with a higher epoch`() async throws {
        try await Scripts.with(Self.quiet) { scripts in
            let ready = Task { [reports = scripts.reports, supervisor = scripts.supervisor] in
                for await report in reports where report.state == .starting && report.pid != 0 {
                    supervisor.tell(.ready(report.name, epoch: report.epoch, Endpoints()))
                }
            }
            defer { ready.cancel() }
            try await scripts.supervisor.start([.peerNode: 2])
            #expect(try await scripts.supervisor.scale([.peerNode: 1]).map(\.name) == [node])
            let up = try await scripts.supervisor.scale([.peerNode: 2])
            #expect(up.map(\.epoch) == [1, 2])
            #expect(up.allSatisfy { $0.state == .ready })
            #expect(try await scripts.supervisor.restart(node).epoch == 2)
        }
    }

    @Test(arguments: [
        ([Role.launcher: 1], "launcher cannot be scaled to 1"),
        ([.trackerAPI: 2], "tracker-api cannot be scaled to 2"),
        ([.peerNode: -1], "peer-node=-1 is not from 0 to 256"),
        ([.hasherWorker: 257], "hasher-worker=257 is not from 0 to 256"),
    ])
    func `refuses what cannot be`(counts: [Role: Int], message: String) async throws {
        try await Scripts.with(Self.quiet) { scripts in
            let fault = await #expect(throws: BusFault.self) { try await scripts.supervisor.scale(counts) }
            #expect(fault?.message == message)
            let missing = await #expect(throws: BusFault.self) { try await scripts.supervisor.restart(node) }
            #expect(missing?.message == "there is no process peer-node/1; p2pctl ps lists them")
        }
    }
}
