/// What a process is for, and so what it may ask of the others.
package enum Role: String, CaseIterable, Sendable, Hashable {
    case launcher
    case trackerAPI = "tracker-api"
    case peerNode = "peer-node"
    case hasherWorker = "hasher-worker"
    /// Whoever can open the control socket: p2pctl, the desktop client.
    case control
}

/// The name of one process: its role and its number, from one.
///
///     peer-node/2
package struct ProcessName: Hashable, Sendable {
    package let role: Role
    package let number: Int

    package init(role: Role, number: Int) {
        self.role = role
        self.number = number
    }

    /// `nil` when the role is unknown or the number is not a positive decimal one.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])), let number = Int(parts[1]), number > 0,
            parts[1] == String(number)
        else { return nil }
        self.init(role: role, number: number)
    }
}

extension ProcessName: CustomStringConvertible {
    package var description: String { "\(role.rawValue)/\(number)" }
}

extension ProcessName: Comparable {
    package static func < (left: ProcessName, right: ProcessName) -> Bool {
        (left.role.rawValue, left.number) < (right.role.rawValue, right.number)
    }
}

/// To whom a request goes.
package enum Destination: Hashable, Sendable {
    case launcher
    case process(ProcessName)
    /// The least loaded process of a role.
    case any(Role)
}

extension Destination: CustomStringConvertible {
    /// As the envelope writes it: `launcher`, `peer-node/2`, or `peer-node` for any of them; anything else is `nil`.
    package init?(_ text: String) {
        if text == Role.launcher.rawValue {
            self = .launcher
        } else if let role = Role(rawValue: text) {
            self = .any(role)
        } else if let name = ProcessName(text) {
            self = .process(name)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .launcher: Role.launcher.rawValue
        case .process(let name): name.description
        case .any(let role): role.rawValue
        }
    }
}
