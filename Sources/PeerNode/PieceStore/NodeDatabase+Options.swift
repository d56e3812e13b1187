package import BitTorrentTypes
import Foundation
import GRDB

/// What people chose: of each torrent, of its place in the queue, and of the node as a whole.
extension NodeDatabase {
    /// Keeps what a person chose of a torrent.
    package func setOptions(_ options: TorrentOptions, _ infoHash: InfoHash) throws(NodeDatabaseError) {
        try perform { database in try Self.put(options, of: infoHash, in: database) }
    }

    /// Keeps the order of the queue, first to last.
    package func setQueue(_ order: [InfoHash]) throws(NodeDatabaseError) {
        try perform { database in
            for (position, infoHash) in order.enumerated() {
                try database.execute(
                    sql: "UPDATE torrent SET queue_position = ? WHERE info_hash = ?",
                    arguments: [position, Data(infoHash.bytes)]
                )
            }
        }
    }

    static func put(_ options: TorrentOptions, of infoHash: InfoHash, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO torrent_options
                    (torrent_id, priorities, is_sequential, down_limit, up_limit, seed_ratio, seed_seconds,
                    connections, upload_slots, is_super_seeding, deadlines)
                SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM torrent WHERE info_hash = ?
                """,
            arguments: [
                Data(options.priorities.map(\.rawValue)), options.isSequential, options.downLimit.bytesPerSecond,
                options.upLimit.bytesPerSecond, number(options.seedRatio), number(options.seedTime),
                options.connections.value(elseOfNode: 0), options.uploadSlots.value(elseOfNode: 0),
                options.isSuperSeeding, text(options.deadlines), Data(infoHash.bytes),
            ]
        )
    }

    static func options(_ row: Row) -> TorrentOptions {
        var options = TorrentOptions()
        options.priorities = row.bytes("priorities").map { FilePriority(rawValue: $0) ?? .normal }
        options.isSequential = row.cell("is_sequential") ?? false
        options.downLimit = RateLimit(bytesPerSecond: row.cell("down_limit") ?? 0)
        options.upLimit = RateLimit(bytesPerSecond: row.cell("up_limit") ?? 0)
        options.seedRatio = limit(row.cell("seed_ratio"))
        options.seedTime = limit(row.cell("seed_seconds"))
        options.connections = count(row.cell("connections") ?? 0)
        options.uploadSlots = count(row.cell("upload_slots") ?? 0)
        options.isSuperSeeding = row.cell("is_super_seeding") ?? false
        options.deadlines = deadlines(row.cell("deadlines") ?? "")
        return options
    }

    /// 0 is what the node says.
    private static func count(_ number: Int) -> CountLimit { number > 0 ? .at(number) : .node }

    /// A line for each file: its number and the time.
    private static func text(_ deadlines: [Int: Double]) -> String {
        deadlines.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "\n")
    }

    private static func deadlines(_ text: String) -> [Int: Double] {
        text.split(separator: "\n").reduce(into: [:]) { deadlines, line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let file = Int(parts[0]), let by = Double(parts[1]), by.isFinite else { return }
            deadlines[file] = by
        }
    }

    /// NULL is what the node says, a negative number is never.
    private static func number(_ limit: SeedLimit) -> Double? {
        switch limit {
        case .node: nil
        case .never: -1
        case .at(let value): value
        }
    }

    private static func limit(_ number: Double?) -> SeedLimit {
        guard let number else { return .node }
        return number < 0 ? .never : .at(number)
    }

    /// The limits that a person set while the node ran; `nil` where the configuration holds.
    package struct NodeLimits: Hashable, Sendable {
        package var down: RateLimit?
        package var up: RateLimit?
        /// `on`, `off` or `schedule`.
        package var alternative: String?

        package init() {}
    }

    package func nodeLimits() throws(NodeDatabaseError) -> NodeLimits {
        try perform { database in
            var limits = NodeLimits()
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM node_limits") else { return limits }
            limits.down = row.cell("down_limit").map { RateLimit(bytesPerSecond: $0) }
            limits.up = row.cell("up_limit").map { RateLimit(bytesPerSecond: $0) }
            limits.alternative = row.cell("alternative")
            return limits
        }
    }

    package func setNodeLimits(_ limits: NodeLimits) throws(NodeDatabaseError) {
        try perform { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO node_limits (id, down_limit, up_limit, alternative) VALUES (1, ?, ?, ?)",
                arguments: [limits.down?.bytesPerSecond, limits.up?.bytesPerSecond, limits.alternative]
            )
        }
    }
}
