package import BusServices
package import BusTransport

/// What the torrents of a node share.
extension NodeService {
    package func limits(_ change: NodeLimitsChange) async throws(BusFault) -> NodeLimits {
        do { try await steering.change(change) } catch {
            throw BusFault(.failed, "\(error)")
        }
        return await steering.limits()
    }
}
