import Foundation

/// A TCP link between two peers that carries as many bytes as the test allows and then holds the rest back.
///
///     leecher ──▶ 127.0.0.1:port ──▶ GatedLink ──▶ seeder
///             ◀── bytes pass while `carried < allowance` ◀──
///
/// So "in the middle of a download" is a state that a test can wait in, not a moment that it has to hit.
package final class GatedLink: @unchecked Sendable {
    package let port: UInt16

    private let target: UInt16
    private let listener: Int32
    private let gate = NSCondition()
    private var allowance: Int
    private var carriedBytes = 0
    private var isClosed = false
    private var sockets: [Int32] = []

    /// Listens on a free port of the loopback; connections are carried on to `target`.
    package init(to target: UInt16, allowing allowance: Int) throws {
        self.target = target
        self.allowance = allowance
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard bound else { throw SuiteFailure("no free port for a link: errno \(errno)") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in acceptAll() }
    }

    /// Bytes carried towards the leecher so far.
    package var carried: Int { gate.withLock { carriedBytes } }

    /// Lets `bytes` more pass.
    package func allow(_ bytes: Int) {
        gate.withLock {
            allowance = allowance.addingReportingOverflow(bytes).overflow ? .max : allowance + bytes
            gate.broadcast()
        }
    }

    /// Ends all connections and takes no more.
    package func close() {
        gate.withLock {
            guard !isClosed else { return }
            isClosed = true
            for socket in sockets + [listener] { shutdown(socket, Int32(SHUT_RDWR)) }
            gate.broadcast()
        }
    }

    private func acceptAll() {
        while true {
            let incoming = accept(listener, nil, nil)
            guard incoming >= 0 else { break }
            let outgoing = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(port: target)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(outgoing, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            gate.withLock { sockets += [incoming, outgoing] }
            guard connected else {
                shutdown(incoming, Int32(SHUT_RDWR))
                continue
            }
            Thread.detachNewThread { [self] in carry(from: incoming, to: outgoing, isGated: false) }
            Thread.detachNewThread { [self] in carry(from: outgoing, to: incoming, isGated: true) }
        }
        Glibc.close(listener)
    }

    private func carry(from source: Int32, to sink: Int32, isGated: Bool) {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let room = isGated ? waitForRoom(upTo: buffer.count) : buffer.count
            guard room > 0 else { break }
            let count = recv(source, &buffer, room, 0)
            guard count > 0 else { break }
            if isGated { gate.withLock { carriedBytes += count } }
            var sent = 0
            while sent < count {
                let written = buffer.withUnsafeBytes {
                    send(sink, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
            guard sent == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }

    private func waitForRoom(upTo most: Int) -> Int {
        gate.withLock {
            while carriedBytes >= allowance, !isClosed { gate.wait() }
            return isClosed ? 0 : min(most, allowance - carriedBytes)
        }
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
