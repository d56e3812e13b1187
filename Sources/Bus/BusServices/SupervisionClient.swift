import BusSchema
package import BusTransport
import SwiftProtobuf

/// Asks the launcher.
package struct SupervisionClient: SupervisionService {
    private let bus: any Bus
    private let deadline: Duration
    private let changeDeadline: Duration

    /// - Parameters:
    ///   - bus: the connection to the hub.
    ///   - deadline: for answers that come at once.
    ///   - changeDeadline: for answers that come when processes are ready or gone.
    package init(_ bus: any Bus, deadline: Duration = .seconds(10), changeDeadline: Duration = .seconds(60)) {
        self.bus = bus
        self.deadline = deadline
        self.changeDeadline = changeDeadline
    }

    package func status() async throws(BusFault) -> SuiteReport {
        try SuiteReport(P2p_V1_StatusReply(body: await ask(.status, P2p_V1_StatusRequest(), deadline)))
    }

    package func scale(_ counts: [Role: Int]) async throws(BusFault) -> [ProcessReport] {
        let request = P2p_V1_ScaleRequest.with {
            $0.roles = counts.map { role, count in
                P2p_V1_ScaleRequest.RoleCount.with {
                    $0.role = role.rawValue
                    $0.count = UInt32(clamping: count)
                }
            }
        }
        return try P2p_V1_ScaleReply(body: await ask(.scale, request, changeDeadline))
            .processes.map(ProcessReport.init)
    }

    package func restart(_ name: ProcessName) async throws(BusFault) -> ProcessReport {
        let request = P2p_V1_RestartRequest.with { $0.name = name.description }
        return try ProcessReport(P2p_V1_RestartReply(body: await ask(.restart, request, changeDeadline)).process)
    }

    package func stop() async throws(BusFault) -> Int32 {
        try Field.processID(P2p_V1_StopReply(body: await ask(.stop, P2p_V1_StopRequest(), deadline)).launcherPid)
    }

    private func ask(
        _ method: SupervisionMethod,
        _ message: some Message,
        _ deadline: Duration
    ) async throws(BusFault) -> [UInt8] {
        try await bus.request(
            method.rawValue,
            to: .launcher,
            body: try message.body(),
            deadline: deadline,
            onProgress: nil
        )
    }
}
