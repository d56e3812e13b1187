/// How much a file of a torrent is wanted.
package enum FilePriority: UInt8, CaseIterable, Sendable {
    /// Not wanted.
    case skip
    case low
    case normal
    case high
}

/// When a torrent has been seeded enough.
package enum SeedLimit: Hashable, Sendable {
    /// As the node is set.
    case node
    case never
    /// A ratio, or seconds.
    case at(Double)

    /// The limit in force, when the node's own is `node`; `nil` when there is none.
    package func value(elseOfNode node: Double?) -> Double? {
        switch self {
        case .node: node
        case .never: nil
        case .at(let value): value
        }
    }
}

/// How many of something a torrent may have.
package enum CountLimit: Hashable, Sendable {
    /// As the node is set.
    case node
    case at(Int)

    package func value(elseOfNode node: Int) -> Int {
        switch self {
        case .node: node
        case .at(let value): value
        }
    }
}

/// What a person chose of a torrent.
package struct TorrentOptions: Hashable, Sendable {
    /// A value for each file that is not padding, in order; empty when all are normal.
    package var priorities: [FilePriority] = []
    package var isSequential = false
    package var downLimit = RateLimit.unlimited
    package var upLimit = RateLimit.unlimited
    package var seedRatio = SeedLimit.node
    /// In seconds.
    package var seedTime = SeedLimit.node
    /// Peers that it may be connected with, and that it uploads to at once.
    package var connections = CountLimit.node
    package var uploadSlots = CountLimit.node
    /// Whether peers that come are shown one piece after another (BEP 16), once all are there.
    package var isSuperSeeding = false
    /// By when files are wanted, in Unix seconds, by their numbers from 0.
    package var deadlines: [Int: Double] = [:]

    package init() {}

    package func priority(ofFile number: Int) -> FilePriority {
        priorities.indices.contains(number) ? priorities[number] : .normal
    }

    /// Whether a file is left out.
    package var isSelective: Bool { priorities.contains(.skip) }
}

/// What a person wants changed of a torrent; what is `nil` stays.
package struct TorrentChange: Hashable, Sendable {
    /// Gives the files of a range, counted from 0 among those that are not padding, a priority.
    package struct FileRule: Hashable, Sendable {
        package let files: ClosedRange<Int>
        package let priority: FilePriority

        package init(files: ClosedRange<Int>, priority: FilePriority) {
            self.files = files
            self.priority = priority
        }
    }

    /// Says by when the files of a range are wanted.
    package struct DeadlineRule: Hashable, Sendable {
        package let files: ClosedRange<Int>
        /// In Unix seconds; `nil`: at no certain time.
        package let by: Double?

        package init(files: ClosedRange<Int>, by: Double?) {
            self.files = files
            self.by = by
        }
    }

    /// Where a torrent goes in its node's queue.
    package enum QueueMove: String, CaseIterable, Sendable {
        case up, down, top, bottom
    }

    /// In this order: a later one wins.
    package var files: [FileRule] = []
    package var isSequential: Bool?
    package var downLimit: RateLimit?
    package var upLimit: RateLimit?
    package var seedRatio: SeedLimit?
    /// In seconds.
    package var seedTime: SeedLimit?
    package var connections: CountLimit?
    package var uploadSlots: CountLimit?
    package var isSuperSeeding: Bool?
    /// In this order: a later one wins.
    package var deadlines: [DeadlineRule] = []
    package var queueMove: QueueMove?

    package init() {}

    package var isEmpty: Bool { self == TorrentChange() }
}

/// Why a change makes no sense for a torrent.
package enum TorrentChangeError: Error, Hashable, CustomStringConvertible {
    case noSuchFile(Int, count: Int)
    case nothingWanted

    package var description: String {
        switch self {
        case .noSuchFile(let number, let count):
            "there is no file \(number + 1); the torrent has \(count == 1 ? "1 file" : "\(count) files")"
        case .nothingWanted: "no file would be left to download; pause or remove the torrent instead"
        }
    }
}

extension TorrentOptions {
    /// These options with `change` made, for a torrent of `fileCount` files that are not padding.
    package func making(_ change: TorrentChange, fileCount: Int) throws(TorrentChangeError) -> TorrentOptions {
        var options = self
        if !change.files.isEmpty {
            var priorities = (0..<fileCount).map(priority(ofFile:))
            for rule in change.files {
                guard rule.files.lowerBound >= 0, rule.files.upperBound < fileCount else {
                    throw .noSuchFile(rule.files.upperBound, count: fileCount)
                }
                for number in rule.files { priorities[number] = rule.priority }
            }
            guard priorities.contains(where: { $0 != .skip }) else { throw .nothingWanted }
            options.priorities = priorities.allSatisfy { $0 == .normal } ? [] : priorities
        }
        for rule in change.deadlines {
            guard rule.files.lowerBound >= 0, rule.files.upperBound < fileCount else {
                throw .noSuchFile(rule.files.upperBound, count: fileCount)
            }
            for number in rule.files { options.deadlines[number] = rule.by }
        }
        if let limit = change.connections { options.connections = limit }
        if let limit = change.uploadSlots { options.uploadSlots = limit }
        if let isOn = change.isSuperSeeding { options.isSuperSeeding = isOn }
        if let isSequential = change.isSequential { options.isSequential = isSequential }
        if let limit = change.downLimit { options.downLimit = limit }
        if let limit = change.upLimit { options.upLimit = limit }
        if let limit = change.seedRatio { options.seedRatio = limit }
        if let limit = change.seedTime { options.seedTime = limit }
        return options
    }
}
