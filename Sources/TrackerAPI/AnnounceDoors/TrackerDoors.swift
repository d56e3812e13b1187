package import BitTorrentTypes
import CDoorSockets
import Glibc
import TrackerWire

/// The sockets of the tracker, TCP and UDP, and the loops that serve them.
package final class TrackerDoors: Sendable {
    /// Where to listen and how many may come.
    package struct Configuration: Sendable {
        /// One address, or those of both families.
        package var addresses: [IPAddress]
        package var httpPort: Int
        /// 0 is any; without one there is no UDP.
        package var udpPort: Int?
        /// Threads.
        package var loops: Int
        /// Of all loops; those that were handed over do not count.
        package var connections: Int
        package var idleTimeout: Duration

        package init(
            addresses: [IPAddress],
            httpPort: Int,
            udpPort: Int?,
            loops: Int,
            connections: Int,
            idleTimeout: Duration
        ) {
            self.addresses = addresses
            self.httpPort = httpPort
            self.udpPort = udpPort
            self.loops = loops
            self.connections = connections
            self.idleTimeout = idleTimeout
        }
    }

    /// A bind that the system refused; `code` is its errno.
    package struct BindFailure: Error {
        package let isUDP: Bool
        package let port: Int
        package let code: Int32
    }

    private static let backlog: Int32 = 1_024
    private static let receiveBuffer: Int32 = 4 << 20

    package let httpPort: Int
    package let udpPort: Int?
    private let listeners: [Int32]
    private let datagrams: [Int32]
    private let loops: [DoorLoop]

    /// Binds the ports and serves them from now on.
    package init(
        _ configuration: Configuration,
        swarms: Swarms,
        gate: AnnounceGate,
        handOver: @escaping @Sendable (Int32, [UInt8]) -> Void
    ) throws(BindFailure) {
        let count = max(1, configuration.loops)
        let (listeners, httpPort) = try Self.listen(configuration)
        var sockets = Array(repeating: DoorLoop.Sockets(listeners: listeners), count: count)
        var udpPort: Int?
        if let port = configuration.udpPort {
            do throws(BindFailure) {
                udpPort = try Self.bindAny(configuration.addresses, port, &sockets)
            } catch {
                for listener in listeners { close(listener) }
                throw error
            }
        }
        var generator = SystemRandomNumberGenerator()
        let ids = ConnectionIDs(using: &generator)
        let limits = HTTPDoor.Limits(
            connections: max(1, configuration.connections / count),
            idleSeconds: UInt32(clamping: max(1, configuration.idleTimeout.components.seconds))
        )
        self.listeners = listeners
        self.httpPort = httpPort
        self.udpPort = udpPort
        datagrams = sockets.flatMap(\.datagrams)
        loops = sockets.map {
            DoorLoop($0, swarms: swarms, gate: gate, ids: ids, limits: limits, handOver: handOver)
        }
    }

    /// Ends the loops and frees the ports.
    package func stop() {
        for loop in loops { loop.stop() }
        for socket in listeners + datagrams { close(socket) }
    }

    /// One listener for each address, all at the port of the first.
    private static func listen(_ configuration: Configuration) throws(BindFailure) -> ([Int32], port: Int) {
        var listeners: [Int32] = []
        var port = configuration.httpPort
        for address in configuration.addresses {
            var place = door_address(address, port: port)
            let listener = door_listen(&place, backlog)
            guard listener >= 0 else {
                let code = errno
                for listener in listeners { close(listener) }
                throw BindFailure(isUDP: false, port: port, code: code)
            }
            listeners.append(listener)
            port = Int(door_bound_port(listener))
        }
        return (listeners, port)
    }

    /// At `port`, or where there is room when somebody has it: torrents do not name the UDP port, so it may differ.
    private static func bindAny(
        _ addresses: [IPAddress],
        _ port: Int,
        _ sockets: inout [DoorLoop.Sockets]
    ) throws(BindFailure) -> Int {
        do throws(BindFailure) {
            return try bind(addresses, port, &sockets)
        } catch  where error.code == EADDRINUSE && port != 0 {
            return try bind(addresses, 0, &sockets)
        }
    }

    /// A socket of each address for every loop.
    ///
    /// The first of an address is bound for itself, so that a port that somebody has is refused; only then is it shared
    /// with the others of ours, and afterwards with nobody any more.
    private static func bind(
        _ addresses: [IPAddress],
        _ port: Int,
        _ sockets: inout [DoorLoop.Sockets]
    ) throws(BindFailure) -> Int {
        var port = port
        var bound: [Int32] = []
        for address in addresses {
            var family: [Int32] = []
            for loop in sockets.indices {
                var place = door_address(address, port: port)
                let socket = door_bind(&place, receiveBuffer, loop == 0 ? 0 : 1)
                guard socket >= 0 else {
                    let code = errno
                    for socket in bound { close(socket) }
                    for loop in sockets.indices { sockets[loop].datagrams = [] }
                    throw BindFailure(isUDP: true, port: port, code: code)
                }
                bound.append(socket)
                family.append(socket)
                sockets[loop].datagrams.append(socket)
                port = Int(door_bound_port(socket))
                if loop == 0, sockets.count > 1 { _ = door_set_sharing(socket, 1) }
            }
            if sockets.count > 1 { for socket in family { _ = door_set_sharing(socket, 0) } }
        }
        return port
    }
}
