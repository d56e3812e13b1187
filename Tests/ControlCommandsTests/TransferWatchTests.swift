import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@testable import ControlCommands

@Suite struct `Transfer watch` {
    private let watch: TransferWatch
    private let hash: InfoHash

    init() throws {
        hash = try #require(InfoHash(hex: String(repeating: "1", count: 40)))
        watch = TransferWatch(infoHash: hash, node: ProcessName(role: .peerNode, number: 1), goal: .complete)
    }

    private func torrent(_ state: TorrentState, verified: Int = 0, node: Int = 1) -> TorrentSummary {
        var torrent = TorrentSummary(
            infoHash: hash,
            name: [],
            state: state,
            size: 2,
            pieceLength: 1,
            pieces: 2,
            node: "peer-node/\(node)",
            path: [],
            addedAt: 0
        )
        torrent.verifiedPieces = verified
        return torrent
    }

    private func event(_ event: SuiteEvent) -> SuiteUpdate {
        .event(event, sequence: 1, source: "x", timeMilliseconds: 0)
    }

    @Test func `heeds its own torrent on its own node`() {
        #expect(watch.news(in: event(.torrentChanged(torrent(.seeding)))) == .changed(torrent(.seeding)))
        #expect(watch.news(in: event(.torrentChanged(torrent(.seeding, node: 2)))) == .nothing)
        #expect(watch.news(in: event(.torrentRemoved(hash, node: "peer-node/1"))) == .removed)
        #expect(watch.news(in: event(.torrentRemoved(hash, node: "peer-node/2"))) == .nothing)
    }

    @Test func `asks anew after a gap and after a restart`() {
        let ready = ProcessReport(name: ProcessName(role: .peerNode, number: 1), state: .ready)
        let dead = ProcessReport(name: ProcessName(role: .peerNode, number: 1), state: .waiting)
        #expect(watch.news(in: .missed(.torrent)) == .ask)
        #expect(watch.news(in: .live) == .ask)
        #expect(watch.news(in: event(.processChanged(ready))) == .ask)
        #expect(watch.news(in: event(.processChanged(dead))) == .nothing)
    }

    @Test func `ends when the torrent is complete, and when it cannot be`() {
        #expect(watch.end(for: torrent(.queued)) == nil)
        #expect(watch.end(for: torrent(.downloading)) == nil)
        #expect(watch.end(for: torrent(.paused, verified: 1)) == nil)
        #expect(watch.end(for: torrent(.paused, verified: 2)) == .reached(torrent(.paused, verified: 2)))
        #expect(watch.end(for: torrent(.seeding)) == .reached(torrent(.seeding)))
        #expect(watch.end(for: torrent(.error)) == .failed(torrent(.error)))
        #expect(watch.end(for: torrent(.missing)) == .failed(torrent(.missing)))
    }
}
