import AnnounceDoors
import BitTorrentTypes
import Foundation
import Glibc
import Synchronization
import Testing
import TrackerEngine
import TrackerWire

@testable import TrackerServer

/// Datagrams that mean nothing, sent by a thread as fast as it can until the flood ends.
private final class RubbishFlood: @unchecked Sendable {
    private let socket: RawDatagrams
    private let state = Mutex((isOver: false, sent: 0))
    private let ended = DispatchSemaphore(value: 0)

    init(at tracker: RunningTracker, from source: String) throws {
        socket = try tracker.datagrams(from: source)
        var random = SystemRandomNumberGenerator()
        let hash = InfoHash(loadingFrom: [UInt8](repeating: 0xFE, count: 20))
        // Noise of every length, and well-formed requests under connection ids that nobody was given.
        var rubbish = (0..<64).map { number in (0..<number * 5).map { _ in UInt8.random(in: 0...255, using: &random) } }
        for _ in 0..<64 {
            let id = UInt64.random(in: 0 ... .max, using: &random)
            rubbish.append(UDPTrackerRequest.scrape([hash], connection: id, transaction: 1))
            let peer = PeerID(loadingFrom: [UInt8](repeating: 0xFE, count: 20))
            let announce = AnnounceRequest(infoHash: hash, peerID: peer, port: 1)
            rubbish.append(UDPTrackerRequest.announce(announce, target: "", connection: id, transaction: 1))
        }
        Thread.detachNewThread { [self, rubbish] in
            var isOver = false
            while !isOver {
                for packet in rubbish { socket.send(packet) }
                isOver = state.withLock { state in
                    state.sent += rubbish.count
                    return state.isOver
                }
            }
            ended.signal()
        }
    }

    /// Ends it; returns how many datagrams there were.
    func end() -> Int {
        state.withLock { $0.isOver = true }
        ended.wait()
        return state.withLock { $0.sent }
    }
}

/// - Source: row 132 of the list of bad inputs.
@Suite struct `A flood of rubbish at the UDP tracker` {
    @Test func `keeps no client from its answer`() async throws {
        try await RunningTracker.with { tracker async throws in
            let flood = try RubbishFlood(at: tracker, from: "127.0.0.9")
            let hash = InfoHash(loadingFrom: Array(1...20))
            for number in 0..<300 {
                let client = try tracker.datagrams(from: "127.0.1.\(number % 250 + 1)")
                // What the flood pushes out of the socket's buffer is sent again, as every client does.
                let greeting = UDPTrackerRequest.connect(transaction: 7)
                let connected = UDPTrackerReply(try await client.persist(greeting), isIPv6: false)
                guard case .connected(let id) = connected else {
                    Issue.record("client \(number) has no connection id")
                    continue
                }
                var peer = [UInt8](repeating: 1, count: 20)
                (peer[18], peer[19]) = (UInt8(number / 250), UInt8(number % 250))
                let announce = AnnounceRequest(
                    infoHash: hash,
                    peerID: PeerID(loadingFrom: peer),
                    port: UInt16(2_000 + number),
                    left: 1
                )
                let asked = UDPTrackerRequest.announce(announce, target: "", connection: id, transaction: 8)
                let answer = UDPTrackerReply(try await client.persist(asked, transaction: 8), isIPv6: false)
                guard case .announced(let response) = answer else {
                    Issue.record("client \(number) got \(String(describing: answer))")
                    continue
                }
                #expect(response.incomplete == number + 1)
            }
            let sent = flood.end()
            print("\(sent) datagrams of rubbish beside 300 announces")
            #expect(sent > 300)
            // All of the clients, and nothing of the flood.
            #expect(tracker.server.peerCount == 300)
            #expect(tracker.server.catalogue.swarms.stats().torrents == 1)
        }
    }
}
