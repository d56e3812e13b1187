import AsyncHTTPClient
import BitTorrentTypes
import NIOCore
import NIOHTTP1
import TrackerWire

/// Fetches the answers of HTTP trackers, trusting nothing in them: 1 MiB at most, never unpacked, few redirects.
///
/// The address of a host is found before it is asked, and a plain request goes to that address and no other: a name that
/// changes its mind leads nobody into our network. With TLS the certificate sees to that.
struct TrackerHTTP: Sendable {
    static let replyLimit = 1 << 20
    static let redirectLimit = 3

    private let client: HTTPClient
    private let lookup: HostLookup

    init(group: any EventLoopGroup, lookup: HostLookup) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(15)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        self.lookup = lookup
    }

    func shutdown() async throws { try await client.shutdown() }

    /// Gets `url` from `ip`, and from where that redirects to; returns the status and the body.
    func get(
        _ url: String,
        from ip: IPAddress,
        within limit: Duration
    ) async throws(AnnounceFailure) -> (status: Int, body: [UInt8]) {
        guard var place = TrackerAddress(url) else { throw .unsupported(url: url) }
        var ip = ip
        let deadline = NIODeadline.now() + TimeAmount(limit)
        for _ in 0...Self.redirectLimit {
            let response = try await execute(place, at: ip, deadline: deadline)
            let status = Int(response.status.code)
            guard [301, 302, 303, 307, 308].contains(status), let location = response.headers.first(name: "location")
            else { return (status, try await body(of: response, deadline: deadline)) }
            (place, ip) = try await follow(location, from: place, at: ip, within: limit)
        }
        throw .tooManyRedirects(limit: Self.redirectLimit)
    }

    /// A redirect may lead to the Internet, or elsewhere on the same host; never from TLS to none.
    private func follow(
        _ location: String,
        from place: TrackerAddress,
        at ip: IPAddress,
        within limit: Duration
    ) async throws(AnnounceFailure) -> (TrackerAddress, IPAddress) {
        let shown = PrintableText.escape(Array(location.utf8.prefix(200)))
        guard let next = place.redirected(to: location), next.scheme != .udp,
            !(place.scheme == .https && next.scheme == .http)
        else { throw .badRedirect(shown) }
        let addresses: [IPAddress]
        do throws(HostLookup.Failure) {
            addresses = try await lookup.addresses(of: next.host, within: limit)
        } catch {
            throw .unreachable(error.reason)
        }
        guard let allowed = addresses.first(where: { $0 == ip }) ?? addresses.first(where: \.isPublic) else {
            throw .badRedirect(shown)
        }
        return (next, allowed)
    }

    private func execute(
        _ place: TrackerAddress,
        at ip: IPAddress,
        deadline: NIODeadline
    ) async throws(AnnounceFailure) -> HTTPClientResponse {
        let host = place.scheme == .http ? ip.description : place.host
        let target = place.target.hasPrefix("/") ? place.target : "/" + place.target
        let authority = "\(TrackerAddress.literal(host)):\(place.port)"
        var request = HTTPClientRequest(url: "\(place.scheme.rawValue)://\(authority)\(target)")
        let usual: UInt16 = place.scheme == .http ? 80 : 443
        let name = TrackerAddress.literal(place.host)
        request.headers.add(name: "Host", value: place.port == usual ? name : "\(name):\(place.port)")
        request.headers.add(name: "User-Agent", value: "p2p/0.1")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        if let login = place.login {
            let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                PercentEncoding.decode(part.utf8).map { String(decoding: $0, as: UTF8.self) } ?? String(part)
            }
            request.setBasicAuth(username: parts[0], password: parts.count > 1 ? parts[1] : "")
        }
        do {
            return try await client.execute(request, deadline: deadline)
        } catch let error as HTTPClientError {
            throw .unreachable(error.shortDescription)
        } catch {
            throw .unreachable(String(describing: error))
        }
    }

    /// The deadline of the client is for the head alone: a body that comes a byte at a time has to be timed here.
    private func body(
        of response: HTTPClientResponse,
        deadline: NIODeadline
    ) async throws(AnnounceFailure) -> [UInt8] {
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > Self.replyLimit {
            throw .tooLong(limit: Self.replyLimit)
        }
        let bytes: [UInt8]?
        do {
            bytes = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                let body = response.body
                group.addTask { Array((try await body.collect(upTo: Self.replyLimit)).readableBytesView) }
                group.addTask {
                    let rest = deadline - NIODeadline.now()
                    try await Task.sleep(for: .nanoseconds(max(0, rest.nanoseconds)))
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch is NIOTooManyBytesError {
            throw .tooLong(limit: Self.replyLimit)
        } catch let error as HTTPClientError {
            throw .unreachable(error.shortDescription)
        } catch {
            throw .unreachable(String(describing: error))
        }
        guard let bytes else { throw .unreachable(HTTPClientError.deadlineExceeded.shortDescription) }
        return bytes
    }
}
