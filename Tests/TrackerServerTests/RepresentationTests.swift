import BitTorrentTypes
import Foundation
import Metainfo
import Testing

@testable import TrackerServer

@Suite struct `A representation` {
    @Test func `is not sent again to one who has it`() async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("a")
            _ = try await tracker.server.catalogue.register(metainfo: torrent.bytes)
            for path in ["", "/\(torrent.infoHash.hex)", "/\(torrent.infoHash.hex).torrent"].map({
                "/api/tracker/torrents" + $0
            }) {
                let first = try await tracker.get(path)
                let tag = try #require(first.header("etag"))
                #expect(first.header("cache-control") == "no-cache")
                for known in [tag, "\"x\", \(tag)", "*", String(tag.dropFirst(2))] {
                    let again = try await tracker.get(path, headers: ["If-None-Match: \(known)"])
                    #expect(again.status == 304, "\(known)")
                    #expect(again.body.isEmpty)
                    #expect(again.header("etag") == tag)
                }
                let other = try await tracker.get(path, headers: ["If-None-Match: \"x\""])
                #expect(other.status == 200)
                let head = try await tracker.get(path, method: "HEAD")
                #expect(head.header("etag") == tag)
                #expect(head.body.isEmpty)
                #expect(head.header("content-length") == first.header("content-length"))
            }
            let before = try await tracker.get("/api/tracker/torrents").header("etag")
            _ = try await tracker.server.catalogue.register(metainfo: metainfo("b").bytes)
            #expect(try await tracker.get("/api/tracker/torrents").header("etag") != before)
        }
    }

    @Test(arguments: [("gzip", true), ("gzip;q=0, *", false), ("br, gzip;q=0.5", true), ("identity", false)])
    func `is compressed for one who can unpack it`(accepted: String, isPacked: Bool) async throws {
        try await RunningTracker.with { tracker async throws in
            let plain = try await tracker.get("/openapi.json")
            #expect(plain.header("content-encoding") == nil)
            let answer = try await tracker.get("/openapi.json", headers: ["Accept-Encoding: \(accepted)"])
            #expect(answer.header("vary") == "Accept-Encoding")
            #expect((answer.header("content-encoding") == "gzip") == isPacked)
            #expect(answer.header("etag") == plain.header("etag"))
            guard isPacked else { return }
            #expect(answer.body.count < plain.body.count / 4)
            let unpacked = try await gunzip(answer.body, in: tracker.folder)
            #expect(unpacked == plain.body)
        }
    }

    /// What Debian's gzip makes of it.
    private func gunzip(_ bytes: [UInt8], in folder: String) async throws -> [UInt8] {
        let packed = folder + "/x.gz"
        try Data(bytes).write(to: URL(filePath: packed))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/gzip")
        process.arguments = ["-d", packed]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(filePath: folder + "/x")))
    }
}
