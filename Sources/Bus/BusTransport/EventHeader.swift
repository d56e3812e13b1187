import BusSchema
import SwiftProtobuf

/// What stands before every event: who says it, and its number in its topic.
package struct EventHeader: Hashable, Sendable {
    /// Written by the hub: 1, 2, 3… in each topic.
    package var sequence: UInt64 = 0
    package var source: String
    package var epoch: UInt64
    /// Written by the hub; Unix.
    package var timeMilliseconds: Int64 = 0

    package init(source: String, epoch: UInt64) {
        self.source = source
        self.epoch = epoch
    }

    package init(_ bytes: [UInt8]) throws(BusFault) {
        let message = try P2p_V1_EventHeader(body: bytes)
        guard message.version == Envelope.version else {
            throw BusFault(.version, "an event of version \(message.version); this program speaks \(Envelope.version)")
        }
        sequence = message.sequence
        source = message.source
        epoch = message.epoch
        timeMilliseconds = message.timeMs
    }

    package var bytes: [UInt8] {
        let message = P2p_V1_EventHeader.with {
            $0.version = Envelope.version
            $0.sequence = sequence
            $0.source = source
            $0.epoch = epoch
            $0.timeMs = timeMilliseconds
        }
        do {
            return try message.body()
        } catch {
            preconditionFailure("a header of a name and three numbers is never over the limits: \(error)")
        }
    }
}
