package import BusTransport

/// The other end of something the hub carries: a door and the routing id behind it.
package enum Connection: Hashable, Sendable {
    /// A process that the launcher started, on hub.sock.
    case process([UInt8])
    /// p2pctl or another program of the user, on control.sock.
    case control([UInt8])
    /// The launcher itself, in this process.
    case launcher
}

/// One start of one process.
package struct Incarnation: Hashable, Sendable {
    package let name: ProcessName
    package let epoch: UInt64

    package init(name: ProcessName, epoch: UInt64) {
        self.name = name
        self.epoch = epoch
    }
}

extension Incarnation: CustomStringConvertible {
    package var description: String { "\(name) (start \(epoch))" }
}
