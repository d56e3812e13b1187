import Logging
import Synchronization

/// What a node logs about its peers: why each was dropped, by the port from which it came.
final class PeerLog: Sendable {
    private struct Books {
        var reasons: [String: String] = [:]
        var banned: Set<String> = []
        var waiting: [String: [CheckedContinuation<String, Never>]] = [:]
    }

    private let books = Mutex(Books())

    var logger: Logger { Logger(label: "peers") { [self] _ in Handler(log: self) } }

    /// The addresses that were banned for wrong data.
    var banned: Set<String> { books.withLock { $0.banned } }

    /// Waits until the peer that came from `port` is dropped; returns why.
    func reason(ofPeerFrom port: UInt16) async -> String {
        let peer = "127.0.0.1:\(port)"
        return await withCheckedContinuation { continuation in
            let known = books.withLock { books in
                if let reason = books.reasons[peer] { return reason as String? }
                books.waiting[peer, default: []].append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func note(_ message: String, peer: String, reason: String) {
        let waiting = books.withLock { books -> [CheckedContinuation<String, Never>] in
            if message == "peer banned for wrong data" { books.banned.insert(peer) }
            guard ["peer closed", "peer gone", "peer refused"].contains(message), books.reasons[peer] == nil else {
                return []
            }
            books.reasons[peer] = reason
            return books.waiting.removeValue(forKey: peer) ?? []
        }
        for continuation in waiting { continuation.resume(returning: reason) }
    }

    private struct Handler: LogHandler {
        let log: PeerLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard let peer = event.metadata?["peer"] else { return }
            log.note("\(event.message)", peer: "\(peer)", reason: event.metadata?["reason"].map { "\($0)" } ?? "")
        }
    }
}
