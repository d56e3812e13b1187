import BitTorrentTypes
import BusServices
import Testing

@testable import ControlCommands

@Suite struct `Torrent locator` {
    private static func torrent(_ hex: String, _ name: String, node: Int = 1) throws -> TorrentSummary {
        TorrentSummary(
            infoHash: try #require(InfoHash(hex: hex + String(repeating: "0", count: 40 - hex.count))),
            name: Array(name.utf8),
            state: .seeding,
            size: 1,
            pieceLength: 16_384,
            pieces: 1,
            node: "peer-node/\(node)",
            path: Array("/d/\(name)".utf8),
            addedAt: 0
        )
    }

    private let torrents: [TorrentSummary]

    init() throws {
        torrents = [
            try Self.torrent("abcd1", "album"), try Self.torrent("abcd2", "film.mkv"),
            try Self.torrent("abcd2", "film.mkv", node: 2), try Self.torrent("ffff", "abc"),
            try Self.torrent("1234", "two"),
            try Self.torrent("5678", "two"),
        ]
    }

    @Test(arguments: [
        ("album", ["album@peer-node/1"]),
        ("abcd1", ["album@peer-node/1"]),
        ("ABCD1", ["album@peer-node/1"]),
        ("abcd2", ["film.mkv@peer-node/1", "film.mkv@peer-node/2"]),
        ("abcd100000000000000000000000000000000000", ["album@peer-node/1"]),
        ("abc", ["abc@peer-node/1"]),
    ])
    func `finds by info-hash, prefix and name`(id: String, found: [String]) throws {
        let names = try TorrentLocator.find(id, in: torrents).map { "\($0.shownName)@\($0.node)" }
        #expect(names == found)
    }

    @Test(arguments: ["abcd", "two"])
    func `lists the candidates when several are meant`(id: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try TorrentLocator.find(id, in: torrents) }
        #expect(failure.status == .notFound)
        #expect(failure.message.contains("means 2 torrents"))
    }

    @Test(arguments: ["ab", "nothing", "", "fff"])
    func `says that there is none`(id: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try TorrentLocator.find(id, in: torrents) }
        #expect(failure.status == .notFound)
    }

    @Test func `asks for more digits when there are too few`() throws {
        let failure = try #require(throws: CommandFailure.self) { try TorrentLocator.find("fff", in: torrents) }
        #expect(failure.message.contains("at least 4 digits"))
    }
}
