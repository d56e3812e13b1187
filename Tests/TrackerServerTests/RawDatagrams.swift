import BitTorrentTypes
import Foundation
import Glibc
import TrackerWire

@testable import TrackerServer

/// A UDP client that sends whatever it likes; it waits for answers as long as a slow machine needs.
final class RawDatagrams: @unchecked Sendable {
    private let descriptor: Int32

    /// `source` is an address of this machine to send from.
    init(to host: String, port: Int, from source: String? = nil) throws {
        let isIPv6 = host.contains(":")
        descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if let source { try Self.withAddress(source, port: 0) { Glibc.bind(descriptor, $0, $1) } }
        try Self.withAddress(host, port: port) { Glibc.connect(descriptor, $0, $1) }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// The next datagram.
    func receive() async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { [self] in
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                continuation.resume(
                    with: count < 0 ? .failure(POSIXError(.ETIMEDOUT)) : .success(Array(buffer[..<count]))
                )
            }
        }
    }

    func ask(_ bytes: [UInt8]) async throws -> [UInt8] {
        send(bytes)
        return try await receive()
    }

    /// Sends again and again until an answer to `transaction` is there.
    func persist(_ bytes: [UInt8], transaction: UInt32 = 7) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { [self] in
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let wanted = withUnsafeBytes(of: transaction.bigEndian) { Array($0) }
                for _ in 0..<600 {
                    send(bytes)
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    while poll(&waiting, 1, 100) > 0 {
                        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                        // An answer to what was sent before may come late.
                        guard count >= 8, buffer[4..<8].elementsEqual(wanted) else { continue }
                        return continuation.resume(returning: Array(buffer[..<count]))
                    }
                }
                continuation.resume(throwing: POSIXError(.ETIMEDOUT))
            }
        }
    }

    /// A connection id.
    func connect(transaction: UInt32 = 7) async throws -> UInt64 {
        let answer = try await ask(UDPTrackerRequest.connect(transaction: transaction))
        guard case .connected(let id) = UDPTrackerReply(answer, isIPv6: false) else { throw POSIXError(.EPROTO) }
        return id
    }

    private static func withAddress(
        _ host: String,
        port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let found else { throw POSIXError(.EINVAL) }
        defer { freeaddrinfo(found) }
        guard body(found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    }
}

extension RunningTracker {
    var udpPort: Int { server.catalogue.address.boundUDPPort ?? 0 }

    func datagrams(from source: String? = nil) throws -> RawDatagrams {
        try RawDatagrams(to: host, port: udpPort, from: source)
    }
}
