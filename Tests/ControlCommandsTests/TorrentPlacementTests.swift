import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import Testing

@testable import ControlCommands

@Suite struct `Torrent placement` {
    private let metainfo: Metainfo

    init() throws {
        metainfo = try MetainfoBuilder(
            name: Array("album".utf8),
            files: [(path: [Array("album".utf8)], length: 5)],
            isSingleFile: true,
            pieceLength: 16_384,
            pieceHashes: [UInt8](repeating: 1, count: 20)
        ).build()
    }

    /// Node 2 has `torrent` at `path`.
    private func placement(of torrent: InfoHash, at path: String) -> TorrentPlacement {
        let summary = TorrentSummary(
            infoHash: torrent,
            name: Array("album".utf8),
            state: .seeding,
            size: 5,
            pieceLength: 16_384,
            pieces: 1,
            node: "peer-node/2",
            path: Array(path.utf8),
            addedAt: 0
        )
        return TorrentPlacement(held: [HeldTorrent(node: ProcessName(role: .peerNode, number: 2), summary: summary)])
    }

    @Test func `goes to the node that has the torrent in that folder`() throws {
        let placement = placement(of: metainfo.infoHash, at: "/d/album")
        #expect(try placement.node(for: metainfo, in: BytePath("/d"), isFolderNamed: true)?.number == 2)
        #expect(try placement.node(for: metainfo, in: BytePath("/d"), isFolderNamed: false)?.number == 2)
    }

    @Test func `makes another copy only in a folder that somebody named`() throws {
        let placement = placement(of: metainfo.infoHash, at: "/elsewhere/album")
        #expect(try placement.node(for: metainfo, in: BytePath("/d"), isFolderNamed: true) == nil)
        #expect(try placement.node(for: metainfo, in: BytePath("/d"), isFolderNamed: false)?.number == 2)
    }

    @Test func `gives another copy to the least loaded node that has none`() throws {
        let placement = placement(of: metainfo.infoHash, at: "/elsewhere/album")
        let nodes = [3, 0, 1, 0].enumerated().map { number, load in
            var report = ProcessReport(name: ProcessName(role: .peerNode, number: number + 1), state: .ready)
            report.load = load
            return report
        }
        #expect(try placement.nodeForCopy(of: metainfo.infoHash, among: nodes)?.number == 4)
        #expect(try placement.nodeForCopy(of: metainfo.infoHash, among: Array(nodes[0...1]))?.number == 1)
        #expect(throws: CommandFailure.self) {
            try placement.nodeForCopy(of: metainfo.infoHash, among: [nodes[1]])
        }
        let unknown = try #require(InfoHash(hex: String(repeating: "cd", count: 20)))
        #expect(try placement.nodeForCopy(of: unknown, among: nodes) == nil)
    }

    @Test func `is refused where another torrent has its files`() throws {
        let other = try #require(InfoHash(hex: String(repeating: "ab", count: 20)))
        let placement = placement(of: other, at: "/d/album")
        #expect {
            try placement.node(for: metainfo, in: BytePath("/d"), isFolderNamed: true)
        } throws: { ($0 as? CommandFailure)?.status == .refused }
        #expect(try placement.node(for: metainfo, in: BytePath("/e"), isFolderNamed: true) == nil)
    }
}
