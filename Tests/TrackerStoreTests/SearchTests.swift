import BitTorrentTypes
import Metainfo
import Testing

@testable import TrackerStore

@Suite struct `Searching the catalogue` {
    /// A catalogue of four; `found` gives the names that a text finds, in order.
    private func search(_ body: ((String) async throws -> [String], TrackerStore) async throws -> Void) async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            let album = try MetainfoBuilder(
                name: Array("album".utf8),
                files: ["Première Gymnopédie.flac", "cover.jpg"].map { (path: [Array($0.utf8)], length: 5) },
                isSingleFile: false,
                pieceLength: 16_384,
                pieceHashes: Array(repeating: 7, count: 20)
            ).build()
            _ = try await store.insert(torrent(1, name: "album"), metainfo: album.bytes)
            var linux = torrent(2, name: "debian-12.7.0-amd64-netinst.iso")
            linux.labels = try TorrentLabels(
                category: "Software",
                description: "A free operating system",
                tags: ["Linux", "iso", "linux "]
            )
            _ = try await store.insert(linux, metainfo: [])
            _ = try await store.insert(torrent(3, name: "日本語 and \"quotes\" 100%"), metainfo: [])
            _ = try await store.insert(torrent(4, name: "NEAR AND OR NOT name:x (a)"), metainfo: [])
            try await body(
                { text in
                    var listing = TorrentListing()
                    listing.text = text
                    listing.sort = .name
                    listing.isAscending = true
                    return try await store.list(listing).items.map(\.name)
                },
                store
            )
        }
    }

    @Test func `finds names, file names, descriptions and tags by words and their beginnings`() async throws {
        try await search { found, _ async throws in
            #expect(try await found("gymnopedie") == ["album"])
            #expect(try await found("PREMIÈRE gymno") == ["album"])
            #expect(try await found("\"gymnopedie premiere\"") == [])
            #expect(try await found("\"première gymnopédie\"") == ["album"])
            #expect(try await found("operating free") == ["debian-12.7.0-amd64-netinst.iso"])
            #expect(try await found("software linux") == ["debian-12.7.0-amd64-netinst.iso"])
            #expect(try await found("12.7") == ["debian-12.7.0-amd64-netinst.iso"])
            // Inside a word: only in the name.
            #expect(try await found("netins") == ["debian-12.7.0-amd64-netinst.iso"])
            #expect(try await found("etinst") == ["debian-12.7.0-amd64-netinst.iso"])
            #expect(try await found("nothing of it") == [])
        }
    }

    @Test(arguments: [
        "\"", "\"\"", "\"\"\"", "a\"b", "*", "^", "-", "+", "(", ")", "((((", "a AND", "OR", "NOT", "NEAR(a b, 2)",
        "name:x",
        "{name files}: x", "a\0b", "\0", "' OR 1=1 --", "%", "_", "\\", ";DROP TABLE torrents", "\u{FFFE}", "\u{301}",
        "🙂", "a*b*c*", "--", "/*", "x'00'", "?1", ":name", "@x", "$x", "\r\n\t", "日本", "²", "½",
    ])
    func `takes any text as words`(text: String) async throws {
        try await search { found, store async throws in
            _ = try await found(text)
            _ = try await found(text + " debian " + text)
            _ = try await found(String(repeating: text, count: 1000))
            #expect(try await store.totals().torrents == 4)
        }
    }

    @Test func `takes operators and quotes for what is written`() async throws {
        try await search { found, _ async throws in
            #expect(try await found("NOT") == ["NEAR AND OR NOT name:x (a)"])
            #expect(try await found("name:x") == ["NEAR AND OR NOT name:x (a)"])
            #expect(try await found("日本語") == ["日本語 and \"quotes\" 100%"])
            #expect(try await found("quotes\" 100%") == ["日本語 and \"quotes\" 100%"])
        }
    }

    @Test func `puts the best first when asked for relevance`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            var mentioned = torrent(1, name: "something else")
            mentioned.labels = try TorrentLabels(description: "compared with a comet among other things of the sky")
            _ = try await store.insert(mentioned, metainfo: [])
            _ = try await store.insert(torrent(2, name: "comet"), metainfo: [])
            _ = try await store.insert(torrent(3, name: "macrocomet"), metainfo: [])
            var listing = TorrentListing()
            listing.text = "comet"
            listing.sort = .relevance
            listing.isAscending = true
            let found = try await store.list(listing)
            #expect(found.items.map(\.name) == ["comet", "something else", "macrocomet"])
            #expect(found.total == 3)
            listing.text = ""
            #expect(try await store.list(listing).total == 3)
        }
    }

    @Test func `narrows by category, tags, uploader, size and privacy`() async throws {
        try await Scratch.with { scratch in
            let store = try scratch.open()
            for number in 1...6 as ClosedRange<UInt8> {
                var entry = torrent(number, name: "t\(number)", size: Int(number) * 100)
                entry.labels = try TorrentLabels(
                    category: number < 4 ? "Low" : "",
                    tags: number.isMultiple(of: 2) ? ["even", "number"] : ["number"]
                )
                entry.uploader = number == 5 ? "ann" : nil
                entry.isPrivate = number == 6
                _ = try await store.insert(entry, metainfo: [])
            }
            func names(_ change: (inout TorrentListing) -> Void) async throws -> [String] {
                var listing = TorrentListing()
                listing.sort = .name
                listing.isAscending = true
                change(&listing)
                return try await store.list(listing).items.map(\.name)
            }
            #expect(try await names { $0.category = "Low" } == ["t1", "t2", "t3"])
            #expect(try await names { $0.category = "" } == ["t4", "t5", "t6"])
            #expect(try await names { $0.tags = ["even", "number"] } == ["t2", "t4", "t6"])
            #expect(try await names { $0.tags = ["even", "none"] } == [])
            #expect(try await names { $0.uploader = "ann" } == ["t5"])
            #expect(try await names { $0.isPrivate = true } == ["t6"])
            #expect(try await names { $0.sizes = 200...300 } == ["t2", "t3"])
            let used = try await store.usedLabels(limit: 10)
            #expect(used.categories == [LabelUse(name: "Low", torrents: 3)])
            #expect(used.tags == [LabelUse(name: "number", torrents: 6), LabelUse(name: "even", torrents: 3)])
        }
    }

    @Test func `follows what is said of a torrent, and forgets what is unlisted`() async throws {
        try await search { found, store async throws in
            let labels = try TorrentLabels(category: "Music", description: "piano", tags: ["satie"])
            #expect(try await store.label(infoHash(1), labels, at: 99))
            #expect(try await store.label(infoHash(9), labels, at: 99) == false)
            #expect(try await found("satie") == ["album"])
            #expect(try await found("piano gymnopedie") == ["album"])
            let changed = try await store.torrent(infoHash(1))
            #expect(changed?.labels == labels && changed?.updatedAt == 99)
            #expect(try await store.remove(infoHash(1)))
            #expect(try await store.remove(infoHash(1)) == false)
            #expect(try await found("satie") == [])
            #expect(try await store.usedLabels(limit: 10).tags.contains { $0.name == "satie" } == false)
        }
    }

    @Test func `sorts by peers as they were saved last`() async throws {
        try await search { _, store async throws in
            let counts = [
                infoHash(1): PeerCounts(seeders: 1, leechers: 9), infoHash(3): PeerCounts(seeders: 5, leechers: 0),
                infoHash(8): PeerCounts(seeders: 7, leechers: 7),
            ]
            try await store.saveCounts(counts)
            var listing = TorrentListing()
            listing.sort = .seeders
            #expect(try await store.list(listing).items.prefix(2).map(\.infoHash) == [infoHash(3), infoHash(1)])
            listing.sort = .leechers
            #expect(try await store.list(listing).items.first?.infoHash == infoHash(1))
            #expect(try await store.savedCounts() == counts.filter { $0.key != infoHash(8) })
        }
    }
}

@Suite struct `Labels of a torrent` {
    @Test func `are trimmed, and tags are lower case, each once`() throws {
        let labels = try TorrentLabels(category: "  Music ", description: "a\nb", tags: ["B", " a", "b", ""])
        #expect(labels.category == "Music")
        #expect(labels.tags == ["a", "b"])
    }

    @Test func `are refused when they are too long or not plain text`() {
        let long = String(repeating: "é", count: 40)
        #expect(throws: TorrentLabelsError.tooLong(field: "category", limit: 64)) { try TorrentLabels(category: long) }
        #expect(throws: TorrentLabelsError.tooLong(field: "tag", limit: 40)) { try TorrentLabels(tags: [long]) }
        #expect(throws: TorrentLabelsError.tooLong(field: "description", limit: 16_384)) {
            try TorrentLabels(description: String(repeating: "x", count: 16_385))
        }
        #expect(throws: TorrentLabelsError.tooManyTags(limit: 20)) {
            try TorrentLabels(tags: (0..<21).map { "t\($0)" })
        }
        for text in ["a\0", "a\u{1B}[31m", "a\nb"] {
            #expect(throws: TorrentLabelsError.unprintable(field: "category")) { try TorrentLabels(category: text) }
            #expect(throws: TorrentLabelsError.unprintable(field: "tag")) { try TorrentLabels(tags: [text]) }
        }
        #expect(throws: TorrentLabelsError.unprintable(field: "tag")) { try TorrentLabels(tags: ["a,b"]) }
        #expect(throws: TorrentLabelsError.unprintable(field: "description")) { try TorrentLabels(description: "\0") }
    }
}
