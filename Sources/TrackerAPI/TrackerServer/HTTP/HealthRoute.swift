import BusServices
import BusTransport
import Hummingbird
import TrackerStore

/// `GET /health`: whether the tracker answers, and whether it can reach what an upload needs.
///
/// - 200: announces and the catalogue work; `status` says `degraded` when another role is not usable.
/// - 503: the catalogue does not answer, or `?role=` asks for one that is not usable.
struct HealthRoute: Sendable {
    /// What can be usable or not.
    enum Part: String, CaseIterable, Sendable {
        case tracker = "tracker-api"
        case database, hub
        case node = "peer-node"
        case hasher = "hasher-worker"
    }

    struct Health: Encodable {
        struct Role: Encodable {
            let usable: Bool
            let reason: String?

            static let fine = Role(usable: true, reason: nil)

            static func unusable(_ reason: String) -> Role { Role(usable: false, reason: reason) }
        }

        let status: String
        let roles: [String: Role]
    }

    let store: TrackerStore
    let probe: SuiteProbe

    @Sendable func show(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let asked = try QueryItems(request)["role"]
        let part = asked.flatMap { Part(rawValue: $0) }
        guard asked == nil || part != nil else {
            let known = Part.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.badRequest, "That role is not known here.", action: "Ask for one of \(known).")
        }
        let roles = await roles()
        let isUsable = roles[part ?? .tracker]?.usable == true
        let status = isUsable ? (roles.values.allSatisfy(\.usable) ? "ok" : "degraded") : "unusable"
        let named = Dictionary(uniqueKeysWithValues: roles.map { ($0.rawValue, $1) })
        return .json(Health(status: status, roles: named), status: isUsable ? .ok : .serviceUnavailable)
    }

    private func roles() async -> [Part: Health.Role] {
        let database = await database()
        var roles: [Part: Health.Role] = [.tracker: database, .database: database]
        switch await probe.report() {
        case .success(let report):
            roles[.hub] = .fine
            roles[.node] = Self.role(.peerNode, in: report)
            roles[.hasher] = Self.role(.hasherWorker, in: report)
        case .failure(let fault):
            for part in [Part.hub, .node, .hasher] { roles[part] = .unusable(fault.message) }
        }
        return roles
    }

    private func database() async -> Health.Role {
        do {
            _ = try await store.totals()
            return .fine
        } catch {
            return .unusable("the catalogue does not answer")
        }
    }

    /// Usable as soon as one process of the role is.
    private static func role(_ role: Role, in report: SuiteReport) -> Health.Role {
        let processes = report.processes.filter { $0.name.role == role }
        guard !processes.contains(where: { $0.state == .ready }) else { return .fine }
        guard let first = processes.first else { return .unusable("no \(role.rawValue) is to run") }
        return .unusable("\(first.name) is \(first.state.rawValue)")
    }
}
