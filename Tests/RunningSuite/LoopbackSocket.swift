import Foundation

/// A blocking connection to a port of this machine, for peers that keep no rule; closed when it is let go.
package final class LoopbackSocket: Sendable {
    package enum Failure: Error {
        case failed(errno: Int32)
        case closed
        /// Nothing moved for half a minute.
        case silence
    }

    private let descriptor: Int32

    package init(connectingTo port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.failed(errno: errno) }
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        for direction in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, direction, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Failure.failed(errno: errno) }
    }

    deinit { close(descriptor) }

    /// Runs `script` on a thread of its own, where it may wait as long as it likes.
    package static func run<Value: Sendable>(
        _ port: UInt16,
        _ script: @escaping @Sendable (LoopbackSocket) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try script(LoopbackSocket(connectingTo: port)) })
            }
        }
    }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { sent += count } else if errno != EINTR { throw Self.failure() }
        }
    }

    package func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, 0)
            }
            guard got != 0 else { throw Failure.closed }
            if got > 0 { filled += got } else if errno != EINTR { throw Self.failure() }
        }
        return bytes
    }

    /// Reads until the other side closes.
    package func untilClosed() throws {
        do { while true { _ = try receive(1) } } catch Failure.closed {}
    }

    private static func failure() -> Failure {
        switch errno {
        case EPIPE, ECONNRESET: .closed
        case EAGAIN: .silence
        default: .failed(errno: errno)
        }
    }
}
