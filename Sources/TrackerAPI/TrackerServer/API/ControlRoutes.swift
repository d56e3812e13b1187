import BitTorrentTypes
import BusServices
import BusTransport
import Hummingbird
import ServiceShapes

/// `/api/v1`: the suite as the console shows and steers it; what p2pctl can do with torrents.
struct ControlRoutes: Sendable {
    let suite: Suite

    /// `GET /api/v1/status`.
    @Sendable func status(_ request: Request, _ context: TrackerContext) async throws -> Response {
        .json(try await suite.report().json)
    }

    /// `GET /api/v1/processes`.
    @Sendable func processes(_ request: Request, _ context: TrackerContext) async throws -> Response {
        .json(.items(try await suite.report().processes.sorted { $0.name < $1.name }.map(\.json)))
    }

    /// `GET /api/v1/nodes/{number}/limits`.
    @Sendable func limits(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let node = try node(context.parameters.get("number") ?? "")
        return .json(try await suite.torrents(onReady: node).limits(NodeLimitsChange()).json(of: node))
    }

    /// `PATCH /api/v1/nodes/{number}/limits`.
    @Sendable func changeLimits(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let node = try node(context.parameters.get("number") ?? "")
        let change = try NodeLimitsChange(ChangeFields(try await request.json()))
        return .json(try await suite.torrents(onReady: node).limits(change).json(of: node))
    }

    /// `GET /api/v1/jobs`.
    @Sendable func jobs(_ request: Request, _ context: TrackerContext) async throws -> Response {
        .json(.items(try await suite.jobs().tasks().map(\.json)))
    }

    /// `POST /api/v1/jobs/{job}/cancel`.
    @Sendable func cancelJob(_ request: Request, _ context: TrackerContext) async throws -> Response {
        guard let number = UInt64(context.parameters.get("job") ?? "") else {
            throw Problem(.badRequest, "A job has a number.", action: "See /api/v1/jobs.")
        }
        return .json(try await suite.jobs().cancel(number).json)
    }

    private func node(_ text: String) throws(Problem) -> ProcessName {
        guard let node = ProcessName("\(Role.peerNode.rawValue)/\(text)") else {
            throw Problem(.badRequest, "A node has a number.", action: "See /api/v1/processes.")
        }
        return node
    }
}

extension Response {
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        .bytes(Array(value.encoded.utf8), status: status, type: "application/json")
    }
}

extension JSONValue {
    static func items(_ items: [JSONValue]) -> JSONValue {
        ["items": .array(items), "total": .integer(items.count)]
    }
}
