import Foundation
import Glibc

@testable import TrackerServer

/// A connection that says nothing, and notices its end.
final class SilentSocket: @unchecked Sendable {
    private let descriptor: Int32

    init(host: String, port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(port).bigEndian
        place.sin_addr.s_addr = inet_addr(host)
        let code = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    func send(_ text: Substring) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Whether the other side is still there to take all of it.
    func sendAll(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// What comes next; empty when the other side closes, or says nothing for twenty seconds.
    func next() async throws -> [UInt8] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                var buffer = [UInt8](repeating: 0, count: 64 << 10)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                continuation.resume(returning: Array(buffer.prefix(max(0, count))))
            }
        }
    }

    /// Waits for the other side to close; what it says before is left out.
    func isClosed() async throws -> Bool { try await rest() != nil }

    /// Everything up to the end, or nil when it does not come.
    func rest() async throws -> [UInt8]? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    if count < 0, errno == EAGAIN { return continuation.resume(returning: nil) }
                    guard count > 0 else { return continuation.resume(returning: bytes) }
                    bytes += buffer[..<count]
                }
            }
        }
    }
}

extension RunningTracker {
    /// Sends a text in `parts` with a pause between them; returns the answer and how long it all took.
    func drip(_ text: String, parts: Int, pause: Duration) async throws -> (RawAnswer, Duration) {
        let socket = try SilentSocket(host: host, port: port)
        let start = ContinuousClock.now
        let answer = Task { try await socket.rest() }
        let size = max(1, text.count / parts)
        var rest = text[...]
        while !rest.isEmpty {
            socket.send(rest.prefix(size))
            rest = rest.dropFirst(size)
            try await Task.sleep(for: pause)
        }
        let bytes = try await answer.value
        return (RawAnswer(bytes: bytes ?? []), start.duration(to: .now))
    }
}
