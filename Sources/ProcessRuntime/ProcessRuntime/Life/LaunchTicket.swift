package import BusTransport

/// What the launcher tells a process that it starts, by the environment.
package struct LaunchTicket: Hashable, Sendable {
    package let name: ProcessName
    /// Counts the starts of this name, so that a process that was frozen and replaced is told from its successor.
    package let epoch: UInt64
    /// Proves to the hub that this start is meant.
    package let token: [UInt8]
    package let launcherPID: Int32
    package let home: HomeFolder

    package init(name: ProcessName, epoch: UInt64, token: [UInt8], launcherPID: Int32, home: HomeFolder) {
        self.name = name
        self.epoch = epoch
        self.token = token
        self.launcherPID = launcherPID
        self.home = home
    }

    /// Where the hub is reached.
    package var addresses: BusAddresses { .processes(in: home.socketFolder) }
}

extension LaunchTicket {
    package var environment: [String: String] {
        addresses.environment.merging([
            "P2P_PROCESS_NAME": name.description,
            "P2P_PROCESS_EPOCH": String(epoch),
            "P2P_BUS_TOKEN": token.map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined(),
            "P2P_LAUNCHER_PID": String(launcherPID),
            "P2P_HOME": home.path,
        ]) { $1 }
    }

    /// Reads what ``environment`` says.
    ///
    /// - Throws: ``LaunchTicketError`` when this process was not started by a launcher.
    package init(environment: [String: String]) throws(LaunchTicketError) {
        func text(_ key: String) throws(LaunchTicketError) -> String {
            guard let text = environment[key], !text.isEmpty else { throw .missing(key) }
            return text
        }
        func parse<Value>(_ key: String, _ read: (String) -> Value?) throws(LaunchTicketError) -> Value {
            guard let value = read(try text(key)) else { throw .bad(key) }
            return value
        }
        self.init(
            name: try parse("P2P_PROCESS_NAME") { ProcessName($0) },
            epoch: try parse("P2P_PROCESS_EPOCH") { UInt64($0) },
            token: try parse("P2P_BUS_TOKEN", Self.bytes),
            launcherPID: try parse("P2P_LAUNCHER_PID") { Int32($0) },
            home: try parse("P2P_HOME") { $0.hasPrefix("/") ? HomeFolder(absolutePath: $0) : nil }
        )
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
            return nil
        }
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}

/// Why a process was not started rightly.
package enum LaunchTicketError: Error, Hashable {
    case missing(String)
    case bad(String)
    case orphaned
}

extension LaunchTicketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let key): "this program is started by the launcher (\(key) is not set); run: p2pctl up"
        case .bad(let key): "\(key) makes no sense; this program is started by the launcher: p2pctl up"
        case .orphaned: "the launcher is gone"
        }
    }
}
