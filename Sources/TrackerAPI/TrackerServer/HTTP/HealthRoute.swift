import BusServices
import BusTransport
import Hummingbird
import Synchronization
import TrackerStore

/// `GET /health`: whether the tracker answers, and whether it can reach what an upload needs.
///
/// - 200: announces and the catalogue work; `status` says `degraded` when a peer-node is missing.
/// - 503: the catalogue does not answer, or `?role=peer-node` was asked and there is none.
struct HealthRoute: Sendable {
    struct Health: Encodable {
        struct Role: Encodable {
            let usable: Bool
            let reason: String?
        }

        let status: String
        let roles: [String: Role]
    }

    /// So that asking often does not load the bus.
    private static let freshness = Duration.seconds(1)

    let store: TrackerStore
    let torrents: any TorrentsService
    private let nodes = Remembered()

    init(store: TrackerStore, torrents: any TorrentsService) {
        self.store = store
        self.torrents = torrents
    }

    @Sendable func show(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let tracker = await trackerRole()
        let node = await nodeRole()
        let roles = [Role.trackerAPI.rawValue: tracker, Role.peerNode.rawValue: node]
        let asked = try QueryItems(request)["role"]
        if let asked, roles[asked] == nil {
            throw Problem(.badRequest, "That role is not known here.", action: "Ask for tracker-api or peer-node.")
        }
        let isUsable = asked.flatMap { roles[$0]?.usable } ?? tracker.usable
        let status = isUsable ? (node.usable ? "ok" : "degraded") : "unusable"
        return .json(Health(status: status, roles: roles), status: isUsable ? .ok : .serviceUnavailable)
    }

    private func trackerRole() async -> Health.Role {
        do {
            _ = try await store.totals()
            return Health.Role(usable: true, reason: nil)
        } catch {
            return Health.Role(usable: false, reason: "the catalogue does not answer")
        }
    }

    private func nodeRole() async -> Health.Role {
        if let known = nodes.value(at: .now, freshness: Self.freshness) { return known }
        let role: Health.Role
        do {
            _ = try await torrents.list()
            role = Health.Role(usable: true, reason: nil)
        } catch {
            role = Health.Role(usable: false, reason: error.message)
        }
        nodes.remember(role, at: .now)
        return role
    }

    /// The last answer and when it came.
    private final class Remembered: Sendable {
        private let answer = Mutex<(role: Health.Role, at: ContinuousClock.Instant)?>(nil)

        func value(at now: ContinuousClock.Instant, freshness: Duration) -> Health.Role? {
            answer.withLock { answer in answer.flatMap { $0.at.duration(to: now) < freshness ? $0.role : nil } }
        }

        func remember(_ role: Health.Role, at now: ContinuousClock.Instant) {
            answer.withLock { $0 = (role, now) }
        }
    }
}
