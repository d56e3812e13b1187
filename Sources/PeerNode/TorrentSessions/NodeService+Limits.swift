package import BusServices
package import BusTransport
import PieceStore

/// What the torrents of a node share.
extension NodeService {
    package func limits(_ change: NodeLimitsChange) async throws(BusFault) -> NodeLimits {
        if change != NodeLimitsChange() {
            let recorder = environment.recorder
            let result = await recorder.afterFlush { database in
                Result {
                    var limits = try database.nodeLimits()
                    if let down = change.down { limits.down = down }
                    if let up = change.up { limits.up = up }
                    if let alternative = change.alternative { limits.alternative = alternative.rawValue }
                    try database.setNodeLimits(limits)
                }
            }
            if case .failure(let error) = result { throw BusFault(.failed, "\(error)") }
        }
        return NodeLimits()
    }
}
