import ArgumentParser
import BusTransport

/// The peer-node that `--node` names: by its number, or by its whole name.
struct NodeChoice: ExpressibleByArgument, Hashable {
    let name: ProcessName

    /// Takes `2` and `peer-node/2`; anything else is `nil`.
    init?(argument: String) {
        let role = Role.peerNode
        guard let name = ProcessName(argument) ?? ProcessName("\(role.rawValue)/\(argument)"), name.role == role else {
            return nil
        }
        self.name = name
    }
}
