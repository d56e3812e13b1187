import BusServices
import BusTransport
import Glibc
import Logging
import MessageHub
import ProcessRuntime
import Supervisor

extension LauncherLife {
    /// What of the launcher's environment its children may see; the rest is none of their business.
    private static let inherited = [
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "P2P_HASH_PATH",
    ]

    /// Joins supervisor and hub.
    func plan(
        _ home: HomeFolder,
        _ settings: Settings,
        _ hub: Hub,
        _ stop: StopRequest,
        _ environment: [String: String]
    ) -> SupervisorPlan {
        let common = environment.filter { Self.inherited.contains($0.key) }.merging(settings.environment) { $1 }
        let programs = Self.programFolder()
        let launcher = getpid()
        return SupervisorPlan(
            version: ProgramVersion.text,
            home: home.path,
            launcherPID: launcher,
            logFolder: home.log,
            program: { "\(programs)/\($0.rawValue)" },
            environment: { name, epoch, token in
                let ticket = LaunchTicket(name: name, epoch: epoch, token: token, launcherPID: launcher, home: home)
                return common.merging(ticket.environment) { $1 }
            },
            hashQueue: { hub.hashQueueReport },
            expect: { hub.expect($0, epoch: $1, token: $2) },
            ended: { hub.processEnded($0, epoch: $1) },
            changed: { hub.publish(.processChanged($0)) },
            stopAsked: { stop.request(.asked) }
        )
    }

    /// The programs of the suite lie beside each other.
    private static func programFolder() -> String {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        guard count > 0 else { return "." }
        let path = bytes[..<count].map { UInt8(bitPattern: $0) }
        return String(decoding: path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? path.endIndex)], as: UTF8.self)
    }
}

/// Passes on what the hub hears from the processes.
struct HubNews: HubObserver {
    let supervisor: Supervisor
    let logger: Logger

    /// The supervisor knows already, it started the process; only a suite that was half replaced is worth a line.
    func processConnected(_ hello: SessionHello) {
        guard hello.programVersion != ProgramVersion.text else { return }
        logger.warning(
            "a process of another version; install all programs anew, then restart the suite",
            metadata: .facts([.process: hello.name, .version: hello.programVersion])
        )
    }

    func processReady(_ name: ProcessName, epoch: UInt64, endpoints: Endpoints) {
        supervisor.tell(.ready(name, epoch: epoch, endpoints))
    }

    func processBeat(_ name: ProcessName, epoch: UInt64, load: Int) {
        supervisor.tell(.beat(name, epoch: epoch, load: load))
    }

    func processFailed(_ name: ProcessName, epoch: UInt64, reason: String) {
        supervisor.tell(.broken(name, epoch: epoch, reason: reason))
    }
}
