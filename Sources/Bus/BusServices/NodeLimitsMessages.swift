import BitTorrentTypes
import BusSchema
import BusTransport
import SwiftProtobuf

extension NodeLimitsChange {
    init(_ message: P2p_V1_NodeLimitsRequest) throws(BusFault) {
        self.init()
        down = message.hasDownLimit ? try Field.limit(message.downLimit, "down_limit") : nil
        up = message.hasUpLimit ? try Field.limit(message.upLimit, "up_limit") : nil
        alternative = try AlternativeSpeeds.from(message.alternative)
    }
}

extension P2p_V1_NodeLimitsRequest {
    init(_ change: NodeLimitsChange) {
        self.init()
        if let limit = change.down { downLimit = UInt64(clamping: limit.bytesPerSecond) }
        if let limit = change.up { upLimit = UInt64(clamping: limit.bytesPerSecond) }
        alternative = P2p_V1_AlternativeSpeeds(change.alternative)
    }
}

extension NodeLimits {
    init(_ message: P2p_V1_NodeLimitsReply) throws(BusFault) {
        self.init()
        down = try Field.limit(message.downLimit, "down_limit")
        up = try Field.limit(message.upLimit, "up_limit")
        alternativeDown = try Field.limit(message.alternativeDownLimit, "alternative_down_limit")
        alternativeUp = try Field.limit(message.alternativeUpLimit, "alternative_up_limit")
        alternative = try AlternativeSpeeds.from(message.alternative) ?? .off
        isAlternativeActive = message.alternativeActive
        downRate = try Field.amount(message.downRate, "down_rate")
        upRate = try Field.amount(message.upRate, "up_rate")
    }
}

extension P2p_V1_NodeLimitsReply {
    init(_ limits: NodeLimits) {
        self.init()
        downLimit = UInt64(clamping: limits.down.bytesPerSecond)
        upLimit = UInt64(clamping: limits.up.bytesPerSecond)
        alternativeDownLimit = UInt64(clamping: limits.alternativeDown.bytesPerSecond)
        alternativeUpLimit = UInt64(clamping: limits.alternativeUp.bytesPerSecond)
        alternative = P2p_V1_AlternativeSpeeds(limits.alternative)
        alternativeActive = limits.isAlternativeActive
        downRate = limits.downRate
        upRate = limits.upRate
    }
}

extension AlternativeSpeeds {
    /// `nil` when they stay.
    fileprivate static func from(_ message: P2p_V1_AlternativeSpeeds) throws(BusFault) -> Self? {
        switch message {
        case .on: .on
        case .off: .off
        case .schedule: .schedule
        case .unspecified: nil
        case .UNRECOGNIZED: throw BusFault(.invalid, "unknown alternative speeds \(message.rawValue)")
        }
    }
}

extension P2p_V1_AlternativeSpeeds {
    fileprivate init(_ speeds: AlternativeSpeeds?) {
        switch speeds {
        case .on?: self = .on
        case .off?: self = .off
        case .schedule?: self = .schedule
        case nil: self = .unspecified
        }
    }
}
