import BusServices
import BusTransport
import FoundationEssentials
import Glibc
import Logging
import MessageHub
import ProcessRuntime
import Supervisor

/// The launcher from its lock to its last socket.
struct LauncherLife {
    /// How long an orderly end may take: three rounds of children, each bounded by itself.
    private static let grace = Duration.seconds(20)

    let home: String?
    let flags: [String]

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let home = try HomeFolder.resolve(flag: home, environment: environment)
        try home.create()
        let lock = try InstanceLock.acquire(home.lockFile)
        defer { withExtendedLifetime(lock) {} }
        let settings = try Settings.resolve(file: home.configFile, environment: environment, flags: flags)
        try DefaultConfiguration.writeIfMissing(to: home.configFile)
        let sink = try LogSink(path: home.logFile("launcher"))
        sink.bootstrap(level: settings.log.level)
        let logger = Logger(label: "launcher")
        if let exposure = SettingsFile.exposure(home.configFile) { logger.warning("\(exposure)") }

        let stop = StopRequest()
        let pids = RunningPIDs()
        try EndWatch.start(telling: stop, grace: Self.grace, watchesInput: false) {
            pids.killAll()
            home.removeSockets()
            unlink(home.lockFile)
        }
        let hub = try await Hub.open(runFolder: home.socketFolder, logger: logger)
        sink.listen { hub.publish(.logLine($0)) }
        let plan = plan(home, settings, hub, stop, environment)
        let supervisor = Supervisor(plan, pids: pids, logger: logger)
        hub.serve(supervisor, observer: HubNews(supervisor: supervisor, logger: logger))
        logger.info("started", metadata: .facts([.home: home.path, .pid: getpid(), .version: ProgramVersion.text]))
        do {
            try await live(supervisor, settings, stop, logger)
        } catch {
            await end(hub, sink, home)
            throw error
        }
        logger.info("stopped")
        await end(hub, sink, home)
    }

    private func live(
        _ supervisor: Supervisor,
        _ settings: Settings,
        _ stop: StopRequest,
        _ logger: Logger
    ) async throws {
        async let news: Void = supervisor.run()
        let starting = Task {
            try await supervisor.start([
                .hasherWorker: settings.hasher.workers ?? Self.cores,
                .trackerAPI: 1,
                .peerNode: settings.peer.nodes,
            ])
            await announce(supervisor, logger)
        }
        let reason = await stop.wait()
        logger.info("stopping", metadata: .facts([.reason: reason.map { "\($0)" } ?? "cancelled"]))
        await supervisor.stopAll()
        await news
        try await starting.value
    }

    /// Says where the console is, or what did not come up.
    private func announce(_ supervisor: Supervisor, _ logger: Logger) async {
        do {
            let processes = try await supervisor.status().processes
            let failed = processes.filter { $0.state == .failed }
            for process in failed {
                logger.error("not started", metadata: .facts([.process: process.name, .reason: process.lastExit]))
            }
            guard failed.isEmpty, isatty(1) == 1, let url = processes.compactMap(\.endpoints.httpURL).first else {
                return
            }
            print("p2p \(ProgramVersion.text) is ready: \(url) (\(processes.count) processes; Ctrl-C stops them)")
        } catch {
            logger.error("no status", metadata: .facts([.error: "\(error)"]))
        }
    }

    private func end(_ hub: Hub, _ sink: LogSink, _ home: HomeFolder) async {
        sink.listen(nil)
        await hub.close()
        home.removeSockets()
    }

    private static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
