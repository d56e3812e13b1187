package import Logging

/// The facts a log line may carry, so that each has one name everywhere.
package enum LogKey: String, CaseIterable, Sendable {
    case address
    case bytes
    case endpoint
    case epoch
    case error
    case home
    case infoHash = "info_hash"
    case name
    case path
    case peer
    case pid
    case piece
    case process
    case reason
    case seconds
    case signal
    case state
    case version
}

extension Dictionary where Key == String, Value == Logger.MetadataValue {
    /// Metadata of a line: `logger.info("started", metadata: .facts([.pid: pid]))`.
    package static func facts(_ facts: [LogKey: any CustomStringConvertible & Sendable]) -> Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        for (key, value) in facts { metadata[key.rawValue] = .stringConvertible(value) }
        return metadata
    }
}
