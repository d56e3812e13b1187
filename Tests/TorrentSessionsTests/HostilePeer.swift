import BitTorrentTypes
import Foundation
import Glibc
import Synchronization

/// A peer that keeps no rule: a blocking socket, and whatever bytes a test writes to it.
///
/// It lives on a thread of its own, so that it may wait as long as it likes.
final class HostilePeer: Sendable {
    /// A message as it came; `id` is `nil` for a keep-alive.
    struct Message {
        let id: UInt8?
        let body: [UInt8]

        var numbers: [Int] {
            stride(from: 0, to: body.count / 4 * 4, by: 4).map { start in
                body[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            }
        }
    }

    enum Failure: Error {
        case socket(errno: CInt)
        /// The other side closed.
        case closed
        /// Nothing came for half a minute.
        case silence
    }

    static let peerID = Array("-XX0000-hostilepeer1".utf8)

    private let descriptor: CInt
    /// Where the other side sees us.
    let port: UInt16
    let remotePort: UInt16

    /// Connects to `port` of this machine, runs `script` on its own thread, and closes.
    static func run<Value: Sendable>(
        _ port: UInt16,
        _ script: @escaping @Sendable (HostilePeer) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try script(HostilePeer(connectingTo: port)) })
            }
        }
    }

    init(connectingTo port: UInt16) throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.socket(errno: errno) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (isConnected, own) = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                let isConnected = Glibc.connect(descriptor, target, length) == 0
                getsockname(descriptor, target, &length)
                return (isConnected, pointer.pointee.sin_port)
            }
        }
        self.descriptor = descriptor
        remotePort = port
        self.port = UInt16(bigEndian: own)
        guard isConnected else {
            let code = errno
            close(descriptor)
            throw Failure.socket(errno: code)
        }
    }

    deinit { close(descriptor) }

    // MARK: - Out

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EPIPE || errno == ECONNRESET {
                throw Failure.closed
            } else if errno != EINTR {
                throw errno == EAGAIN ? Failure.silence : Failure.socket(errno: errno)
            }
        }
    }

    func send(_ id: UInt8, _ body: [UInt8] = []) throws { try send(Self.frame(id, body)) }

    static func frame(_ id: UInt8, _ body: [UInt8] = []) -> [UInt8] { number(1 + body.count) + [id] + body }

    /// Four bytes, big-endian.
    static func number(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) }
    }

    /// Says hello and waits for the other side's; returns its peer id.
    @discardableResult
    func greet(_ infoHash: InfoHash, as peerID: [UInt8] = peerID, reserved: [UInt8] = [0, 0, 0, 0, 0, 0x10, 0, 0])
        throws
        -> [UInt8]
    {
        try send([19] + Array("BitTorrent protocol".utf8) + reserved + infoHash.bytes + peerID)
        return Array(try receive(68).suffix(20))
    }

    /// No more will be sent; the other direction stays open.
    func stopSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    // MARK: - In

    func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, 0)
            }
            if got > 0 {
                filled += got
            } else if got == 0 || errno == ECONNRESET {
                throw Failure.closed
            } else if errno != EINTR {
                throw errno == EAGAIN ? Failure.silence : Failure.socket(errno: errno)
            }
        }
        return bytes
    }

    func message() throws -> Message {
        let length = try receive(4).reduce(0) { $0 << 8 | Int($1) }
        guard length > 0 else { return Message(id: nil, body: []) }
        let bytes = try receive(length)
        return Message(id: bytes[0], body: Array(bytes.dropFirst()))
    }

    /// Whether nothing comes for so many seconds, and the other side does not close.
    func isSilent(within seconds: Double) throws -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, CInt(seconds * 1000)) == 0
    }

    /// Whether the other side closes within so many seconds; it must not say anything.
    func hasEnded(within seconds: Double) throws -> Bool {
        guard try !isSilent(within: seconds) else { return false }
        do {
            _ = try receive(1)
            return false
        } catch Failure.closed {
            return true
        }
    }

    /// Reads on until a message of this kind comes.
    func next(_ id: UInt8) throws -> Message {
        while true {
            let message = try message()
            if message.id == id { return message }
        }
    }

    /// Reads until the other side closes; throws when it does not.
    func untilClosed() throws {
        do { while true { _ = try message() } } catch Failure.closed { return }
    }
}

/// The ids of BEP 3, 6 and 10.
enum WireID {
    static let choke: UInt8 = 0
    static let unchoke: UInt8 = 1
    static let interested: UInt8 = 2
    static let notInterested: UInt8 = 3
    static let have: UInt8 = 4
    static let bitfield: UInt8 = 5
    static let request: UInt8 = 6
    static let piece: UInt8 = 7
    static let cancel: UInt8 = 8
    static let suggest: UInt8 = 13
    static let haveAll: UInt8 = 14
    static let haveNone: UInt8 = 15
    static let reject: UInt8 = 16
    static let allowedFast: UInt8 = 17
    static let extended: UInt8 = 20
}
