import Foundation
import RunningSuite

/// Many connections to a port of this machine, each from an address of 127.0.0.0/8 of its own; closed when it is let go.
final class Crowd {
    private var sockets: [Int32] = []
    private let port: UInt16

    init(at port: UInt16) { self.port = port }

    /// A crowd that says nothing and only takes up descriptors; those that find no place are counted too.
    convenience init(of count: Int, at port: UInt16) {
        self.init(at: port)
        for _ in 0..<count { _ = try? join() }
    }

    deinit { leave() }

    var count: Int { sockets.count }

    /// How many descriptors this process may have; raises the soft limit to the hard one.
    static func room() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_max)
    }

    /// One more; blocks until the kernel has it in the queue of the port.
    func join() throws {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw SuiteFailure("no socket for a crowd: errno \(errno)") }
        sockets.append(socket)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        // 127.1.0.1 and on: 64,516 of them.
        let number = UInt32(sockets.count - 1)
        let source = 0x7F01_0000 + (number / 254) << 8 + number % 254 + 1
        guard Self.with(source, port: 0, { bind(socket, $0, $1) }) == 0,
            Self.with(0x7F00_0001, port: port, { connect(socket, $0, $1) }) == 0
        else { throw SuiteFailure("connection \(number) of a crowd failed: errno \(errno)") }
    }

    /// The last that joined sends something, and takes at least so many bytes of an answer; empty when it was closed.
    func ask(_ bytes: [UInt8], expecting least: Int = 1) -> [UInt8] {
        guard let socket = sockets.last, send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return []
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while answer.count < least {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return [] }
            answer += buffer[..<count]
        }
        return answer
    }

    /// All of them send something.
    func tell(_ bytes: [UInt8]) {
        for socket in sockets { _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
    }

    /// Waits until the other side has closed all of them, at most a minute for each.
    func untilClosed() throws {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for (number, socket) in sockets.enumerated() {
            var count = 1
            while count > 0 { count = recv(socket, &buffer, buffer.count, 0) }
            guard count == 0 || errno == ECONNRESET else {
                throw SuiteFailure("connection \(number) of a crowd is still open: errno \(errno)")
            }
        }
    }

    func leave() {
        for socket in sockets { close(socket) }
        sockets.removeAll()
    }

    private static func with(
        _ address: UInt32,
        port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = address.bigEndian
        return withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
