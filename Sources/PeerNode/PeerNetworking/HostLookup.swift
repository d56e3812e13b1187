package import BitTorrentTypes
import Glibc
import NIOPosix

/// Finds the addresses of host names, with a thread or two for the calls that block.
///
/// Whoever asks for a name that is being looked up waits for the same answer.
package actor HostLookup {
    /// The addresses of a name, or why there are none; may block.
    package typealias Resolver = @Sendable (String) -> Result<[IPAddress], Failure>

    package struct Failure: Error, Hashable, Sendable {
        package let reason: String

        package init(_ reason: String) {
            self.reason = reason
        }
    }

    /// Apart from all other work: a name server that is silent blocks a thread for half a minute.
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }()

    private let resolver: Resolver
    private var waiting: [String: [Int: CheckedContinuation<Result<[IPAddress], Failure>, Never>]] = [:]
    private var count = 0

    package init(resolver: @escaping Resolver = HostLookup.system) {
        self.resolver = resolver
    }

    /// The addresses of a name or literal, in the order of preference; never none.
    package func addresses(of host: String, within limit: Duration) async throws(Failure) -> [IPAddress] {
        if let literal = IPAddress(host) { return [literal] }
        count += 1
        let number = count
        let alarm = Task {
            do { try await Task.sleep(for: limit) } catch { return }
            waiting[host]?.removeValue(forKey: number)?.resume(returning: .failure(Failure("no name server answered")))
        }
        defer { alarm.cancel() }
        let result: Result<[IPAddress], Failure> = await withCheckedContinuation { continuation in
            let isNew = waiting[host] == nil
            waiting[host, default: [:]][number] = continuation
            if isNew { begin(host) }
        }
        return try result.get()
    }

    private func begin(_ host: String) {
        let resolver = resolver
        Self.threads.submit { _ in
            let result = resolver(host)
            Task { await self.end(host, result) }
        }
    }

    private func end(_ host: String, _ result: Result<[IPAddress], Failure>) {
        for continuation in (waiting.removeValue(forKey: host) ?? [:]).values { continuation.resume(returning: result) }
    }

    /// Asks the system: the file of hosts, the name servers.
    package static let system: Resolver = { host in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { return .failure(Failure(String(cString: gai_strerror(code)).lowercased())) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let ip = entry.ai_addr.flatMap(HostLookup.address), !addresses.contains(ip) else { continue }
            addresses.append(ip)
        }
        return addresses.isEmpty ? .failure(Failure("the name has no address")) : .success(addresses)
    }

    private static func address(_ socket: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(socket.pointee.sa_family) {
        case AF_INET:
            socket.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
                withUnsafeBytes(of: four.pointee.sin_addr) { IPAddress(bytes: $0) }
            }
        case AF_INET6:
            socket.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
                withUnsafeBytes(of: six.pointee.sin6_addr) { IPAddress(bytes: $0) }
            }
        default: nil
        }
    }
}
