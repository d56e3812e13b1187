import BitTorrentTypes
import Testing

@Suite struct `Options of a torrent` {
    private func rule(_ files: ClosedRange<Int>, _ priority: FilePriority) -> TorrentChange.FileRule {
        TorrentChange.FileRule(files: files, priority: priority)
    }

    @Test func `files 1,3-5 of six: everything is left out, then these are wanted`() throws {
        var change = TorrentChange()
        change.files = [rule(0...5, .skip), rule(0...0, .normal), rule(2...4, .normal)]
        let options = try TorrentOptions().making(change, fileCount: 6)
        #expect(options.priorities == [.normal, .skip, .normal, .normal, .normal, .skip])
        #expect(options.isSelective)
    }

    @Test func `all files normal is no selection`() throws {
        var change = TorrentChange()
        change.files = [rule(0...2, .skip), rule(0...2, .normal)]
        #expect(try TorrentOptions().making(change, fileCount: 3).priorities.isEmpty)
    }

    @Test func `a file that is not there, or none at all, is refused`() {
        var change = TorrentChange()
        change.files = [rule(2...3, .high)]
        #expect(throws: TorrentChangeError.noSuchFile(3, count: 3)) {
            try TorrentOptions().making(change, fileCount: 3)
        }
        change.files = [rule(0...Int(UInt32.max), .high)]
        #expect(throws: TorrentChangeError.self) { try TorrentOptions().making(change, fileCount: 3) }
        change.files = [rule(0...2, .skip)]
        #expect(throws: TorrentChangeError.nothingWanted) { try TorrentOptions().making(change, fileCount: 3) }
    }

    @Test func `what is not named stays`() throws {
        var options = TorrentOptions()
        options.isSequential = true
        options.upLimit = .bytesPerSecond(9000)
        options.seedRatio = .at(2)
        var change = TorrentChange()
        change.downLimit = .bytesPerSecond(5000)
        let made = try options.making(change, fileCount: 1)
        options.downLimit = .bytesPerSecond(5000)
        #expect(made == options)
    }

    @Test func `a seed limit is its own, the node's, or none`() {
        #expect(SeedLimit.node.value(elseOfNode: 2) == 2)
        #expect(SeedLimit.never.value(elseOfNode: 2) == nil)
        #expect(SeedLimit.at(1).value(elseOfNode: 2) == 1)
    }
}

@Suite struct `A rate limit` {
    @Test(arguments: [
        ("off", 0), ("500KiB", 512_000), ("2MiB", 2 << 20), ("1.5 MiB/s", 3 << 19), ("2MB", 2_000_000), ("4096", 4096),
        ("64k", 65_536), ("1gib", 1 << 30),
    ])
    func `is read with its unit`(text: String, bytes: Int) {
        #expect(RateLimit(text)?.bytesPerSecond == bytes)
    }

    @Test(arguments: [
        "", "0", "1", "-5MiB", "KiB", "5 parsecs", "1e9", "1..5MiB", ".5MiB", "5.MiB", "nan", "inf", "9e99KiB",
    ])
    func `that is none is refused`(text: String) {
        #expect(RateLimit(text) == nil)
    }

    @Test(arguments: [RateLimit.unlimited, .bytesPerSecond(2 << 20), .bytesPerSecond(1536), .bytesPerSecond(100_001)])
    func `is read back as it is written`(limit: RateLimit) {
        #expect(RateLimit(limit.description) == limit)
    }

    @Test func `is shared by equal parts, none of them nothing`() {
        #expect(RateLimit.bytesPerSecond(9000).divided(by: 3) == .bytesPerSecond(3000))
        #expect(RateLimit.bytesPerSecond(2000).divided(by: 64) == .bytesPerSecond(RateLimit.slowest))
        #expect(RateLimit.unlimited.divided(by: 4) == .unlimited)
    }
}
