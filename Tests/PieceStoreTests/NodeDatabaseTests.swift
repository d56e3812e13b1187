import BitTorrentTypes
import Foundation
import PieceStore
import Testing

@Suite struct `Node database` {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.url.appending(path: "state.db").path
    }

    private func record(_ name: UInt8, pieces: Int = 12) throws -> TorrentRecord {
        TorrentRecord(
            infoHash: try #require(InfoHash([UInt8](repeating: name, count: 20))),
            metainfo: [1, 2, name],
            directory: Array("/data".utf8),
            isPaused: false,
            addedAt: 1_700_000_000,
            verified: Bitfield(pieceCount: pieces)
        )
    }

    @Test func `the last port is kept for as long as the wish stays the same`() throws {
        do {
            let database = try NodeDatabase(path: path)
            #expect(try database.listenPort(preferring: 6881) == nil)
            try database.setListenPort(6883, preferring: 6881)
            try database.setListenPort(.max, preferring: 6881)
        }
        let database = try NodeDatabase(path: path)
        #expect(try database.listenPort(preferring: 6881) == .max)
        #expect(try database.listenPort(preferring: 7000) == nil)
    }

    @Test func `what a person chose is kept, of a torrent, of the queue and of the node`() throws {
        var options = TorrentOptions()
        options.priorities = [.skip, .high, .normal]
        options.isSequential = true
        options.upLimit = .bytesPerSecond(5000)
        options.seedRatio = .never
        options.seedTime = .at(90)
        var limits = NodeDatabase.NodeLimits()
        limits.down = .bytesPerSecond(9000)
        limits.up = .unlimited
        limits.alternative = "on"
        do {
            let database = try NodeDatabase(path: path)
            for name in 1...3 { try database.save(try record(UInt8(name))) }
            #expect(try database.torrents().allSatisfy { $0.options == TorrentOptions() && $0.queuePosition == nil })
            #expect(try database.nodeLimits() == NodeDatabase.NodeLimits())
            try database.setOptions(options, try record(2).infoHash)
            try database.setQueue([try record(3).infoHash, try record(1).infoHash])
            try database.setNodeLimits(limits)
            try database.close()
        }
        let database = try NodeDatabase(path: path)
        #expect(try database.torrents().map(\.options) == [TorrentOptions(), options, TorrentOptions()])
        #expect(try database.torrents().map(\.queuePosition) == [1, nil, 0])
        #expect(try database.nodeLimits() == limits)
    }

    @Test func `what was saved is there after opening again`() throws {
        var counters = RecordedCounters()
        counters.downloaded = 5_000_000_000
        counters.wasted = 3
        do {
            let database = try NodeDatabase(path: path)
            var torrent = try record(7)
            torrent.peers = [try #require(PeerAddress("127.0.0.1:7000")), try #require(PeerAddress("[::1]:7001"))]
            try database.save(torrent)
            try database.setPaused(true, torrent.infoHash)
            let progress = NodeDatabase.Progress(
                infoHash: torrent.infoHash,
                verified: Bitfield(allOf: 12),
                counters: counters,
                stamps: [0: FileStamp(size: 9, modified: 4)],
                isClean: true
            )
            try database.record([progress])
            try database.close()
        }
        let found = try #require(try NodeDatabase(path: path).torrents().first)
        #expect(found.metainfo == [1, 2, 7])
        #expect(found.isPaused)
        #expect(found.peers.map(\.description) == ["127.0.0.1:7000", "[::1]:7001"])
        #expect(found.isClean)
        #expect(found.counters == counters)
        #expect(found.verified == Bitfield(allOf: 12).bytes)
        #expect(found.stamps == [0: FileStamp(size: 9, modified: 4)])
    }

    @Test func `removing a torrent takes its stamps along`() throws {
        let database = try NodeDatabase(path: path)
        let (one, two) = (try record(1), try record(2))
        try database.save(one)
        try database.save(two)
        try database.remove(one.infoHash)
        #expect(try database.torrents().map(\.infoHash) == [two.infoHash])
    }

    @Test(arguments: ["", "rubbish that is no database, long enough to be looked at, again and again and again and on"])
    func `a damaged file is kept aside and a fresh one made`(content: String) throws {
        try Data((content + content).utf8).write(to: URL(filePath: path))
        var kept: String?
        let database = try NodeDatabase(path: path) { kept = $0 }
        #expect(try database.torrents().isEmpty)
        if content.isEmpty {
            #expect(kept == nil)
        } else {
            #expect(try Data(contentsOf: URL(filePath: try #require(kept))) == Data((content + content).utf8))
        }
    }

    @Test func `a page overwritten in the middle is found at opening`() throws {
        do {
            let database = try NodeDatabase(path: path)
            for name in UInt8(1)...60 {
                var torrent = try record(name)
                torrent.metainfo = [UInt8](repeating: name, count: 3000)
                try database.save(torrent)
            }
            try database.close()
        }
        let handle = try FileHandle(forUpdating: URL(filePath: path))
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 5 * 4096))
        try handle.close()
        var kept: String?
        let database = try NodeDatabase(path: path) { kept = $0 }
        #expect(try database.torrents().isEmpty)
        #expect(kept?.contains(".corrupt-") == true)
    }

    @Test func `a folder in its place is an error, not a trap`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(throws: NodeDatabaseError.self) { try NodeDatabase(path: path) }
    }
}

@Suite struct `Recorded check` {
    private let folder: TemporaryFolder
    private let path: String
    private let infoHash: InfoHash

    init() throws {
        folder = try TemporaryFolder()
        path = folder.url.appending(path: "state.db").path
        infoHash = try #require(InfoHash([UInt8](repeating: 4, count: 20)))
    }

    private func record(_ verified: Bitfield, check: RecordedCheck? = nil) -> TorrentRecord {
        var record = TorrentRecord(
            infoHash: infoHash,
            metainfo: [1],
            directory: Array("/data".utf8),
            isPaused: false,
            addedAt: 0,
            verified: verified
        )
        record.check = check
        return record
    }

    private func progress(
        _ verified: Bitfield,
        _ check: NodeDatabase.Progress.Check,
        bad: Int = 0
    ) -> NodeDatabase.Progress {
        var counters = RecordedCounters()
        counters.badPieces = bad
        return NodeDatabase.Progress(
            infoHash: infoHash,
            verified: verified,
            counters: counters,
            stamps: [:],
            check: check
        )
    }

    @Test func `a recheck begins with every piece, remembers what was verified, and ends with none left`() throws {
        let database = try NodeDatabase(path: path)
        let twelve = Bitfield(allOf: 12)
        try database.save(record(twelve))
        try database.record([progress(twelve, .unchanged, bad: 5)])
        try database.beginRecheck(infoHash, pieceCount: 12)
        var found = try #require(try database.torrent(infoHash))
        #expect(found.check == RecordedCheck(unchecked: twelve.bytes, before: twelve.bytes, isAsked: true))
        #expect(found.counters.badPieces == 0)
        #expect(found.verified == twelve.bytes)

        let rest = try #require(Bitfield(wire: [0, 0xF0], pieceCount: 12))
        try database.record([progress(twelve, .left(rest), bad: 2)])
        found = try #require(try database.torrent(infoHash))
        #expect(found.check?.unchecked == rest.bytes)
        #expect(found.counters.badPieces == 2)

        try database.record([progress(twelve, .left(Bitfield(pieceCount: 12)), bad: 2)])
        found = try #require(try database.torrent(infoHash))
        #expect(found.check == nil)
        #expect(found.counters.badPieces == 2)
    }

    @Test func `a check rests while its torrent is paused, and goes with it`() throws {
        let database = try NodeDatabase(path: path)
        let check = RecordedCheck(unchecked: [0xFF, 0xF0], bytesTotal: 7)
        try database.save(record(Bitfield(pieceCount: 12), check: check))
        try database.setPaused(true, infoHash)
        #expect(try database.torrent(infoHash)?.check?.isHalted == true)
        try database.setPaused(false, infoHash)
        #expect(try database.torrent(infoHash)?.check == check)
        try database.remove(infoHash)
        try database.save(record(Bitfield(pieceCount: 12)))
        #expect(try database.torrent(infoHash)?.check == nil)
    }
}
