import Foundation
import Glibc

@testable import TrackerServer

/// What a server sent until it closed.
struct RawAnswer: Sendable {
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// 0 when the server closed without a word.
    var status: Int {
        guard text.hasPrefix("HTTP/1.1 ") else { return 0 }
        return Int(text.dropFirst(9).prefix(3)) ?? 0
    }
    var head: String { String(text.prefix(upTo: text.range(of: "\r\n\r\n")?.lowerBound ?? text.endIndex)) }
    var body: [UInt8] {
        guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8))?.upperBound else { return [] }
        return Array(bytes[end...])
    }
    var json: [String: Any] {
        get throws { try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:] }
    }

    func header(_ name: String) -> String? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
    }
}

extension RunningTracker {
    /// Sends bytes as they are and reads until the server closes.
    ///
    /// With `closing` our side ends after the bytes, as a client does that breaks off.
    func send(_ bytes: [UInt8], closing: Bool = false) async throws -> RawAnswer {
        let (host, port) = (host, port)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(host: host, port: port, bytes, closing: closing) })
            }
        }
    }

    /// Sends a beginning, then the same bytes again and again until the server closes; returns what it said, and how much
    /// it was sent.
    func pour(_ beginning: [UInt8], endless: [UInt8]) async throws -> (RawAnswer, sent: Int) {
        let socket = try SilentSocket(host: host, port: port)
        let answer = Task { try await socket.rest() }
        let sent = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var sent = 0
                var bytes = beginning
                while socket.sendAll(bytes) {
                    sent += bytes.count
                    bytes = endless
                }
                continuation.resume(returning: sent)
            }
        }
        return (RawAnswer(bytes: try await answer.value ?? []), sent)
    }

    func send(_ text: String, closing: Bool = false) async throws -> RawAnswer {
        try await send(Array(text.utf8), closing: closing)
    }

    func get(_ target: String, headers: [String] = [], method: String = "GET") async throws -> RawAnswer {
        try await send(request(method, target, headers: headers))
    }

    func post(_ target: String, type: String, _ body: [UInt8], headers: [String] = []) async throws -> RawAnswer {
        let all = headers + ["Content-Type: \(type)", "Content-Length: \(body.count)"]
        return try await send(Array(request("POST", target, headers: all).utf8) + body)
    }

    func request(_ method: String, _ target: String, headers: [String] = []) -> String {
        let all = ["Host: localhost:\(port)", "Connection: close"] + headers
        return "\(method) \(target) HTTP/1.1\r\n" + all.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}

private func exchange(host: String, port: Int, _ bytes: [UInt8], closing: Bool) throws -> RawAnswer {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found else { throw POSIXError(.EINVAL) }
    defer { freeaddrinfo(found) }
    let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
        throw POSIXError(.ECONNREFUSED)
    }
    var sent = 0
    while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { break }
        sent += count
    }
    if closing { shutdown(descriptor, Int32(SHUT_WR)) }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EAGAIN { throw POSIXError(.ETIMEDOUT) }
        guard count > 0 else { return RawAnswer(bytes: answer) }
        answer += buffer[..<count]
    }
}
