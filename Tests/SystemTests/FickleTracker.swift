import Foundation
import RunningSuite
import Synchronization

/// A tracker that goes and comes back at one port, and answers what a test wants; it remembers who asked.
final class FickleTracker: Sendable {
    enum Mood: Sendable {
        /// Nobody, and nothing to come back for soon.
        case honest
        /// What is no answer of a tracker.
        case rubbish
    }

    /// One announce.
    struct Announce: Sendable {
        let peerID: String
        let event: String?
        let mood: Mood
    }

    let port: UInt16
    var url: String { "http://127.0.0.1:\(port)/announce" }

    private struct State {
        var mood = Mood.honest
        var listener: Int32?
        var announces: [Announce] = []
    }

    private let state = Mutex(State())

    /// Has a port of its own from now on, at which nobody listens yet.
    init() throws {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard let port = Self.bind(socket, to: 0) else { throw SuiteFailure("no port for a tracker: errno \(errno)") }
        Glibc.close(socket)
        self.port = port
    }

    deinit { leave() }

    /// Listens, in this mood.
    func come(_ mood: Mood) throws {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard Self.bind(socket, to: port) != nil, listen(socket, 64) == 0 else {
            throw SuiteFailure("the tracker cannot come back: errno \(errno)")
        }
        state.withLock { state in
            state.mood = mood
            state.listener = socket
        }
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else { return }
                self?.serve(client)
                Glibc.close(client)
            }
        }
    }

    func turn(_ mood: Mood) { state.withLock { $0.mood = mood } }

    /// Nobody listens any more.
    func leave() {
        state.withLock { state in
            guard let listener = state.listener else { return }
            shutdown(listener, Int32(SHUT_RDWR))
            Glibc.close(listener)
            state.listener = nil
        }
    }

    /// All announces so far, in order.
    var announces: [Announce] { state.withLock { $0.announces } }

    private func serve(_ client: Int32) {
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !text.contains("\r\n\r\n") {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let line = text.prefix { $0 != "\r\n" && $0 != "\n" }
        func value(_ name: String) -> String? {
            line.split(whereSeparator: { "?& ".contains($0) }).first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)) }
        }
        let mood = state.withLock { $0.mood }
        var body = "d8:intervali1800e5:peers0:e"
        if case .rubbish = mood { body = "<html>d8:interval" }
        if line.contains("/announce") {
            let announce = Announce(peerID: value("peer_id") ?? "", event: value("event"), mood: mood)
            state.withLock { $0.announces.append(announce) }
        } else {
            body = "d5:filesdee"
        }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        _ = Array(answer.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// The port that it has then.
    private static func bind(_ socket: Int32, to port: UInt16) -> UInt16? {
        var isOn: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        return isBound ? UInt16(bigEndian: place.sin_port) : nil
    }
}
