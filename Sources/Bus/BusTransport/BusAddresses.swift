/// Where the hub of one suite is reached.
package struct BusAddresses: Hashable, Sendable {
    /// A ROUTER of the hub.
    package var requests: String
    /// The XSUB of the hub; `nil` for those who publish nothing.
    package var eventsIn: String?
    /// The XPUB of the hub.
    package var events: String

    package init(requests: String, eventsIn: String?, events: String) {
        self.requests = requests
        self.eventsIn = eventsIn
        self.events = events
    }

    /// The sockets in `runFolder` that the launcher's own processes use.
    package static func processes(in runFolder: String) -> BusAddresses {
        BusAddresses(
            requests: "ipc://\(runFolder)/hub.sock",
            eventsIn: "ipc://\(runFolder)/events-in.sock",
            events: "ipc://\(runFolder)/events.sock"
        )
    }

    /// The sockets in `runFolder` that p2pctl uses.
    package static func control(in runFolder: String) -> BusAddresses {
        BusAddresses(
            requests: "ipc://\(runFolder)/control.sock",
            eventsIn: nil,
            events: "ipc://\(runFolder)/events.sock"
        )
    }

    /// The addresses as the launcher hands them to a process it starts.
    package var environment: [String: String] {
        var environment = ["P2P_BUS_HUB": requests, "P2P_BUS_EVENTS": events]
        environment["P2P_BUS_EVENTS_IN"] = eventsIn
        return environment
    }

    /// `nil` when the launcher did not start this process.
    package init?(environment: [String: String]) {
        guard let requests = environment["P2P_BUS_HUB"], let events = environment["P2P_BUS_EVENTS"] else { return nil }
        self.init(requests: requests, eventsIn: environment["P2P_BUS_EVENTS_IN"], events: events)
    }
}
