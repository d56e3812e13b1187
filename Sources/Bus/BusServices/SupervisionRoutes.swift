import BusSchema
package import BusTransport
import SwiftProtobuf

/// What the launcher answers.
package struct SupervisionRoutes: ServiceRoutes {
    private let service: any SupervisionService

    package init(_ service: any SupervisionService) {
        self.service = service
    }

    package func handle(_ request: IncomingRequest) async throws(BusFault) -> [UInt8]? {
        guard let method = SupervisionMethod(rawValue: request.method) else { return nil }
        switch method {
        case .status:
            _ = try P2p_V1_StatusRequest(body: request.body)
            return try P2p_V1_StatusReply(await service.status()).body()
        case .scale:
            let processes = try await service.scale(counts(P2p_V1_ScaleRequest(body: request.body)))
            return try P2p_V1_ScaleReply.with { $0.processes = processes.map(P2p_V1_ProcessInfo.init) }.body()
        case .restart:
            let name = try Field.processName(P2p_V1_RestartRequest(body: request.body).name)
            let process = try await service.restart(name)
            return try P2p_V1_RestartReply.with { $0.process = P2p_V1_ProcessInfo(process) }.body()
        case .stop:
            _ = try P2p_V1_StopRequest(body: request.body)
            let pid = try await service.stop()
            return try P2p_V1_StopReply.with { $0.launcherPid = UInt32(clamping: pid) }.body()
        }
    }

    private func counts(_ message: P2p_V1_ScaleRequest) throws(BusFault) -> [Role: Int] {
        var counts: [Role: Int] = [:]
        for entry in message.roles {
            guard let role = Role(rawValue: entry.role) else {
                throw BusFault(.invalid, "there is no role \"\(entry.role.prefix(64))\"")
            }
            guard counts.updateValue(Int(entry.count), forKey: role) == nil else {
                throw BusFault(.invalid, "the role \(role.rawValue) is named twice")
            }
        }
        return counts
    }
}
