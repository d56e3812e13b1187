import BitTorrentTypes
import BusServices
import ServiceShapes
import Testing

@testable import ControlCommands

@Suite struct `A check` {
    private func torrent(_ state: TorrentState) throws -> TorrentSummary {
        var torrent = TorrentSummary(
            infoHash: try #require(InfoHash(hex: String(repeating: "ab", count: 20))),
            name: Array("album".utf8),
            state: state,
            size: 1000,
            pieceLength: 100,
            pieces: 10,
            node: "peer-node/1",
            path: Array("/d/album".utf8),
            addedAt: 0
        )
        torrent.verifiedPieces = 10
        torrent.verifiedBytes = 1000
        torrent.wantedBytes = 1000
        torrent.wantedVerifiedBytes = 1000
        return torrent
    }

    @Test func `is as fast as it was since the first news of it`() throws {
        var meter = CheckMeter()
        let start = ContinuousClock.now
        var torrent = try torrent(.checking)
        torrent.checkingProgress = 0.2
        #expect(meter.line(torrent, now: start).rate == 0)
        torrent.checkingProgress = 0.6
        let line = meter.line(torrent, now: start + .seconds(4))
        #expect(line.done == 600)
        #expect(line.rate == 100)
        #expect(line.secondsLeft == 4)
        torrent.state = .seeding
        #expect(meter.line(torrent, now: start + .seconds(5)).done == 1000)
    }

    @Test func `reports what it found`() throws {
        var torrent = try torrent(.checking)
        torrent.checkingProgress = 0.5
        #expect(torrent.checkReport == "checking  album on peer-node/1, 50 %")
        torrent.state = .seeding
        #expect(torrent.checkReport == "good      album on peer-node/1: all 10 pieces")
        torrent.state = .downloading
        torrent.verifiedPieces = 8
        torrent.wantedVerifiedBytes = 800
        let partial = "partial   album on peer-node/1: 8 of 10 pieces are good, 2 pieces are lacking; being downloaded"
        #expect(torrent.checkReport == partial)
        torrent.badPieces = 2
        #expect(
            torrent.checkReport
                == "bad       album on peer-node/1: 2 of 10 pieces were bad or gone; they are downloaded again"
        )
        torrent.state = .paused
        #expect(torrent.checkReport.hasSuffix("get them again with: p2pctl resume"))
        #expect(torrent.json.encoded.contains(#""bad_pieces":2"#))
    }
}
