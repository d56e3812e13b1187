import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
package import TrackerWire

/// Why a tracker gave no answer that is of use.
package enum AnnounceFailure: Error, Hashable {
    /// The URL is not one of a tracker we can speak to.
    case unsupported(url: String)
    /// The tracker said no, in its own words.
    case refused(String)
    /// The answer is not a tracker's.
    case malformed(String)
    case status(Int)
    /// No answer: name, connection, time.
    case unreachable(String)
}

extension AnnounceFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupported(let url): "only http and https trackers are spoken to, not \(url)"
        case .refused(let reason): "the tracker refused: \(reason)"
        case .malformed(let reason): "the answer is not a tracker's: \(reason)"
        case .status(let code): "the tracker answered with status \(code)"
        case .unreachable(let reason): "no answer: \(reason)"
        }
    }
}

/// Announces to HTTP trackers, trusting nothing in the answer: 1 MiB at most, never unpacked, few redirects.
///
/// - Source: BEP 3, BEP 7, BEP 23.
package struct TrackerClient: Sendable {
    package static let replyLimit = 1 << 20
    package static let deadline = Duration.seconds(15)
    /// For the last announce: a process has five seconds to end in order.
    package static let stoppedDeadline = Duration.seconds(4)

    private let client: HTTPClient

    /// A client of its own connections; end it with ``shutdown()``.
    package init(group: any EventLoopGroup) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .follow(max: 3, allowCycles: false),
            timeout: .init(connect: .seconds(5), read: .seconds(15)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    package func shutdown() async throws { try await client.shutdown() }

    package func announce(
        to url: String,
        _ request: AnnounceRequest,
        deadline: Duration = TrackerClient.deadline
    ) async throws(AnnounceFailure) -> AnnounceResponse {
        guard Self.isSupported(url) else { throw .unsupported(url: url) }
        let (status, bytes) = try await fetch(request.url(tracker: url), deadline: deadline)
        do throws(TrackerReplyError) {
            return try AnnounceResponse.parse(bytes)
        } catch {
            // Some trackers say no with a status and a bencoded reason; without one the status says more.
            if case .failure(let reason) = error { throw .refused(reason) }
            guard (200..<300).contains(status) else { throw .status(status) }
            throw .malformed(String(describing: error))
        }
    }

    /// Only HTTP, and no URL that is longer than a tracker would take.
    static func isSupported(_ url: String) -> Bool {
        ["http", "https"].contains(url.prefix { $0 != ":" }.lowercased()) && url.utf8.count <= 4096
    }

    private func fetch(_ url: String, deadline: Duration) async throws(AnnounceFailure) -> (Int, [UInt8]) {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "p2p/0.1")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        do {
            let limit = NIODeadline.now() + TimeAmount(deadline)
            let response = try await client.execute(request, deadline: limit)
            let body = try await response.body.collect(upTo: Self.replyLimit)
            return (Int(response.status.code), Array(body.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw .malformed("longer than \(Self.replyLimit) bytes")
        } catch let error as HTTPClientError {
            throw .unreachable(error.shortDescription)
        } catch {
            throw .unreachable(String(describing: error))
        }
    }
}
