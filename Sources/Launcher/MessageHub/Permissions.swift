import BusServices
import BusTransport

/// Who may ask what: the table of least authority.
enum Permissions {
    /// The processes that answer a service, by the first word of the method; `nil` for a service that is unknown.
    static func answerer(of method: String) -> Role? {
        if HashTasksMethod(rawValue: method) != nil { return .launcher }
        return switch method.prefix(while: { $0 != "." }) {
        case "session", "supervision": .launcher
        case "hashing": .hasherWorker
        case "torrents": .peerNode
        case "catalogue": .trackerAPI
        default: nil
        }
    }

    /// Whether a process of `role` may ask for `method`.
    static func allow(_ role: Role, _ method: String) -> Bool {
        guard let answerer = answerer(of: method) else { return false }
        switch (role, answerer) {
        case (.control, _):
            return !method.hasPrefix("session.")
        case (.trackerAPI, .hasherWorker):
            return true
        case (.trackerAPI, .launcher):
            // The console shows the suite; it starts and stops nothing.
            return [
                SupervisionMethod.status.rawValue, HashTasksMethod.tasks.rawValue, HashTasksMethod.cancel.rawValue,
            ].contains(method)
        case (.peerNode, .launcher):
            return method == HashTasksMethod.tasks.rawValue
        case (.trackerAPI, .peerNode):
            // All but to move files: that could write anywhere.
            return method != TorrentsMethod.move.rawValue
        case (.peerNode, .hasherWorker):
            return true
        case (.peerNode, .trackerAPI):
            return method == "catalogue.find"
        case (.trackerAPI, _), (.peerNode, _), (.hasherWorker, _), (.launcher, _):
            return false
        }
    }

    /// Whether a process of `role` may publish under `topic`; `process` and `job` are the launcher's own.
    static func publish(_ role: Role, _ topic: Topic) -> Bool {
        switch (role, topic) {
        case (.launcher, _): true
        case (.peerNode, .torrent): true
        case (.trackerAPI, .log), (.peerNode, .log), (.hasherWorker, .log): true
        case (.trackerAPI, _), (.peerNode, _), (.hasherWorker, _), (.control, _): false
        }
    }
}
