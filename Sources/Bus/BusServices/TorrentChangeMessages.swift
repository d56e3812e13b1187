import BitTorrentTypes
import BusSchema
import BusTransport
import SwiftProtobuf

extension TorrentChange {
    init(_ message: P2p_V1_TorrentChange) throws(BusFault) {
        self.init()
        files = try message.files.map { rule throws(BusFault) in
            guard rule.first <= rule.last else { throw BusFault(.invalid, "a range of files ends before it begins") }
            return FileRule(files: Int(rule.first)...Int(rule.last), priority: try FilePriority(rule.priority))
        }
        isSequential = message.hasSequential ? message.sequential : nil
        downLimit = message.hasDownLimit ? try Field.limit(message.downLimit, "down_limit") : nil
        upLimit = message.hasUpLimit ? try Field.limit(message.upLimit, "up_limit") : nil
        seedRatio = message.hasSeedRatio ? try SeedLimit(message.seedRatio) : nil
        seedTime = message.hasSeedSeconds ? try SeedLimit(message.seedSeconds) : nil
        connections = message.hasConnections ? CountLimit(message.connections) : nil
        uploadSlots = message.hasUploadSlots ? CountLimit(message.uploadSlots) : nil
        isSuperSeeding = message.hasSuperSeeding ? message.superSeeding : nil
        deadlines = try message.deadlines.map { rule throws(BusFault) in
            guard rule.first <= rule.last else { throw BusFault(.invalid, "a range of files ends before it begins") }
            return DeadlineRule(
                files: Int(rule.first)...Int(rule.last),
                by: rule.hasBy ? try Field.amount(rule.by, "by") : nil
            )
        }
        queueMove = try QueueMove.from(message.queueMove)
    }
}

extension P2p_V1_TorrentChange {
    init(_ change: TorrentChange) {
        self.init()
        files = change.files.map { rule in
            P2p_V1_FileRule.with {
                $0.first = UInt32(clamping: rule.files.lowerBound)
                $0.last = UInt32(clamping: rule.files.upperBound)
                $0.priority = P2p_V1_FilePriority(rule.priority)
            }
        }
        if let isSequential = change.isSequential { sequential = isSequential }
        if let limit = change.downLimit { downLimit = UInt64(clamping: limit.bytesPerSecond) }
        if let limit = change.upLimit { upLimit = UInt64(clamping: limit.bytesPerSecond) }
        if let limit = change.seedRatio { seedRatio = P2p_V1_SeedLimit(limit) }
        if let limit = change.seedTime { seedSeconds = P2p_V1_SeedLimit(limit) }
        if let limit = change.connections { connections = limit.number }
        if let limit = change.uploadSlots { uploadSlots = limit.number }
        if let isOn = change.isSuperSeeding { superSeeding = isOn }
        deadlines = change.deadlines.map { rule in
            P2p_V1_DeadlineRule.with {
                $0.first = UInt32(clamping: rule.files.lowerBound)
                $0.last = UInt32(clamping: rule.files.upperBound)
                if let by = rule.by { $0.by = by }
            }
        }
        switch change.queueMove {
        case .up?: queueMove = .up
        case .down?: queueMove = .down
        case .top?: queueMove = .top
        case .bottom?: queueMove = .bottom
        case nil: break
        }
    }
}

extension TorrentChange.QueueMove {
    /// `nil` when it stays.
    fileprivate static func from(_ message: P2p_V1_QueueMove) throws(BusFault) -> Self? {
        switch message {
        case .up: .up
        case .down: .down
        case .top: .top
        case .bottom: .bottom
        case .unspecified: nil
        case .UNRECOGNIZED: throw BusFault(.invalid, "unknown move in the queue \(message.rawValue)")
        }
    }
}

extension CountLimit {
    /// 0 is what the node says.
    init(_ number: UInt32) { self = number == 0 ? .node : .at(Int(number)) }

    var number: UInt32 { UInt32(clamping: value(elseOfNode: 0)) }
}

extension FilePriority {
    init(_ message: P2p_V1_FilePriority) throws(BusFault) {
        switch message {
        case .skip: self = .skip
        case .low: self = .low
        case .normal: self = .normal
        case .high: self = .high
        case .unspecified, .UNRECOGNIZED: throw BusFault(.invalid, "unknown priority \(message.rawValue)")
        }
    }
}

extension P2p_V1_FilePriority {
    init(_ priority: FilePriority) {
        switch priority {
        case .skip: self = .skip
        case .low: self = .low
        case .normal: self = .normal
        case .high: self = .high
        }
    }
}

extension SeedLimit {
    init(_ message: P2p_V1_SeedLimit) throws(BusFault) {
        switch message.kind {
        case .node: self = .node
        case .never: self = .never
        case .value: self = .at(try Field.amount(message.value, "seed limit"))
        case .unspecified, .UNRECOGNIZED: throw BusFault(.invalid, "unknown seed limit \(message.kind.rawValue)")
        }
    }
}

extension P2p_V1_SeedLimit {
    init(_ limit: SeedLimit) {
        self.init()
        switch limit {
        case .node: kind = .node
        case .never: kind = .never
        case .at(let value):
            kind = .value
            self.value = value
        }
    }
}
