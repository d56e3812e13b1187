import AnnounceDoors
import BitTorrentTypes
import Glibc
import Hummingbird
import Logging
import TrackerWire

/// The tracker's doors with the router behind them, as one thing that runs and ends.
struct TrackerListening: Sendable {
    let doors: TrackerDoors
    let router: RouterDoor

    /// Binds the ports; announces and scrapes are served when this returns, the rest once ``run()`` does.
    ///
    /// - Throws: ``TrackerServerError`` when a port cannot be had.
    static func begin(
        _ configuration: TrackerConfiguration,
        port: Int,
        swarms: Swarms,
        gate: AnnounceGate,
        router: Router<TrackerContext>,
        logger: Logger
    ) throws(TrackerServerError) -> TrackerListening {
        raiseDescriptorLimit()
        let behind = RouterDoor(router: router, idleTimeout: configuration.idleTimeout, logger: logger)
        do throws(TrackerDoors.BindFailure) {
            let doors = try TrackerDoors(
                TrackerDoors.Configuration(
                    addresses: addresses(of: configuration.host),
                    httpPort: port,
                    udpPort: configuration.udpPort,
                    loops: configuration.loops,
                    connections: configuration.connections,
                    idleTimeout: configuration.idleTimeout
                ),
                swarms: swarms,
                gate: gate,
                handOver: { behind.take($0, $1) }
            )
            return TrackerListening(doors: doors, router: behind)
        } catch {
            let host = configuration.host
            guard error.code == EADDRINUSE else {
                throw .cannotBind(host: host, port: error.port, reason: String(cString: strerror(error.code)))
            }
            throw .portTaken(host: host, port: error.port)
        }
    }

    /// Serves until cancelled, then frees the ports.
    func run() async {
        await router.run()
        doors.stop()
    }

    /// Ten thousand connections need as many descriptors; the usual limit is 1,024.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 65_536))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// `localhost` is both families, if this machine has IPv6.
    private static func addresses(of host: String) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        let six = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        guard six >= 0 else { return [.v4(0x7F00_0001)] }
        close(six)
        return [.v4(0x7F00_0001), .v6(high: 0, low: 1)]
    }
}
