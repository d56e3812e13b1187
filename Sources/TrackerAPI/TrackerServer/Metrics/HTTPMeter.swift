import Hummingbird
import Synchronization

/// Counts requests by route, method and status.
///
/// The routes are those of the table, so that no address that somebody tries makes a new counter.
final class HTTPMeter: Sendable {
    struct Key: Hashable, Sendable {
        let route: String
        let method: String
        let status: Int
    }

    struct Count: Hashable, Sendable {
        var requests = 0
        /// Until the head of the answer was ready.
        var time = Duration.zero
    }

    private let counts = Mutex<[Key: Count]>([:])

    func answered(_ key: Key, in time: Duration) {
        counts.withLock { counts in
            counts[key, default: Count()].requests += 1
            counts[key, default: Count()].time += time
        }
    }

    var all: [(key: Key, count: Count)] {
        counts.withLock { $0.map { (key: $0, count: $1) } }.sorted { left, right in
            (left.key.route, left.key.method, left.key.status) < (right.key.route, right.key.method, right.key.status)
        }
    }
}

/// Tells the meter of each request that the router sees.
struct Metering: RouterMiddleware {
    typealias Context = TrackerContext

    /// The methods that get counters of their own; others are made up by whoever asks.
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

    let meter: HTTPMeter

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let method = request.method.rawValue
        let key = HTTPMeter.Key(
            route: context.endpointPath ?? "none",
            method: Self.methods.contains(method) ? method : "other",
            status: response.status.code
        )
        meter.answered(key, in: start.duration(to: .now))
        return response
    }
}
