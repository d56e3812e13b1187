import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

extension RunningTracker {
    /// The names in the upload folder.
    var uploadFolders: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: uploads).filter { $0 != ".tus" }) ?? []
    }

    /// Waits until an upload has failed, and so has left.
    func untilFailed() async -> UploadProgress? {
        for await progress in server.uploads.watch() where progress.phase == .failed { return progress }
        return nil
    }
}

/// - Source: rows 159 and 160 of the list of bad inputs.
@Suite struct `Uploading a .torrent file` {
    @Test func `lists and tracks it, and asks nobody to seed it`() async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("existing")
            var form = Form(parts: [("torrent", "existing.torrent", torrent.bytes)])
            form.parts.append(("category", nil, Array("Books".utf8)))
            let answer = try await tracker.upload(form)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try answer.json["info_hash"] as? String == torrent.infoHash.hex)
            #expect(try await tracker.get("/api/tracker/torrents/\(torrent.infoHash).torrent").body == torrent.bytes)
            #expect(try await tracker.store.torrent(torrent.infoHash)?.labels.category == "Books")
            #expect(tracker.torrents.additions.isEmpty)
            #expect(tracker.uploadFolders.isEmpty)
            let raw = try await tracker.post("/api/tracker/upload", type: "application/x-bittorrent", torrent.bytes)
            #expect(raw.status == 200)
        }
    }

    @Test(arguments: [
        "", "d", "i1e", "le", "de", "d4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces0:ee",
        "d4:infod6:lengthi5e4:name2:..12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
        "d4:infod6:lengthi-5e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
        "d4:infod6:lengthi9223372036854775807e4:name1:x12:piece lengthi1e6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
        String(repeating: "l", count: 100_000),
    ])
    func `refuses a hostile one with the verdict of the command line`(content: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let verdict = #expect(throws: MetainfoError.self) { try Metainfo.parse(Array(content.utf8)) }
            let form = Form(parts: [("torrent", "x.torrent", Array(content.utf8))])
            let answer = try await tracker.upload(form)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(try answer.json["detail"] as? String == verdict.map { "\($0)" })
            let raw = try await tracker.post(
                "/api/tracker/upload",
                type: "application/x-bittorrent",
                Array(content.utf8)
            )
            #expect(raw.status == 422)
            #expect(try await tracker.store.totals().torrents == 0)
        }
    }

    @Test func `takes it alone and up to what a message carries`() async throws {
        try await RunningTracker.with { tracker async throws in
            let torrent = try metainfo("one").bytes
            let mixed = Form(parts: [("torrent", "a.torrent", torrent), ("file", "b", [1])])
            #expect(try await tracker.upload(mixed).status == 422)
            let twice = Form(parts: [("torrent", "a.torrent", torrent), ("torrent", "b.torrent", torrent)])
            #expect(try await tracker.upload(twice).status == 422)
            let large = [UInt8](repeating: 0x64, count: 5 << 20)
            #expect(try await tracker.upload(Form(parts: [("torrent", "x", large)])).status == 413)
            let raw = try await tracker.post("/api/tracker/upload", type: "application/x-bittorrent", large)
            #expect(raw.status == 413)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }
}

@Suite struct `Upload limits` {
    @Test func `a quota holds for all uploads together, and for what is not there any more no longer`() async throws {
        try await RunningTracker.with(change: { $0.limits.quota = 100_000 }) { tracker async throws in
            func upload(_ name: String, _ count: Int) async throws -> RawAnswer {
                try await tracker.upload(.file(name, Array(repeating: UInt8(name.utf8.count), count: count)))
            }
            #expect(try await upload("a", 40_000).status == 201)
            #expect(try await upload("bb", 40_000).status == 201)
            let refused = try await upload("ccc", 40_000)
            #expect(refused.status == 507)
            #expect(
                try refused.json["detail"] as? String
                    == "All uploads together may take 100000 bytes, and it would be more."
            )
            #expect(tracker.uploadFolders.count == 2)
            // There is still room for a small one.
            #expect(try await upload("a", 1000).status == 201)
        }
    }

    @Test func `a quota holds for a body of unknown length`() async throws {
        try await RunningTracker.with(change: { $0.limits.quota = 100_000 }) { tracker async throws in
            let headers = ["Content-Type: \(Form.type)", "Transfer-Encoding: chunked"]
            let head = tracker.request("POST", "/api/tracker/upload", headers: headers)
            let body = Form.file("large", Array(repeating: 7, count: 500_000)).body
            let chunk = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
            #expect(try await tracker.send(Array(head.utf8) + chunk).status == 507)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test func `a disk without room is told before the body is read`() async throws {
        try await RunningTracker.with { tracker async throws in
            let headers = ["Content-Type: \(Form.type)", "Content-Length: \(1 << 40)"]
            let answer = try await tracker.send(tracker.request("POST", "/api/tracker/upload", headers: headers))
            #expect(answer.status == 507)
            let more = ["Content-Type: \(Form.type)", "Content-Length: \(1 << 41)"]
            #expect(try await tracker.send(tracker.request("POST", "/api/tracker/upload", headers: more)).status == 413)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test(arguments: [
        ("a\0b", 422), ("../../x", 422), ("..", 422), (".", 422), ("a//b", 422), ("/etc/passwd", 422), ("a/../b", 422),
        ("a\\b", 422), ("C:", 422), (String(repeating: "n", count: 256), 422),
        (String(repeating: "n/", count: 300) + "n", 422), (String(repeating: "n", count: 64 << 10), 400),
        (String(repeating: String(repeating: "n", count: 200) + "/", count: 20) + "n", 422), (".parts", 422),
        ("con", 201), ("-rf", 201), ("$(touch x)", 201), (" ", 201),
    ])
    func `a name gets one verdict, and the disk is unharmed`(name: String, status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.upload(.file(name, [1, 2, 3]))
            #expect(answer.status == status, "\(answer.text)")
            #expect(tracker.uploadFolders.count == (status == 201 ? 1 : 0))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: tracker.folder).sorted().allSatisfy {
                    $0 == "uploads" || $0.hasPrefix("p2p.db")
                }
            )
        }
    }

    @Test func `ten thousand parts are refused where fewer are allowed`() async throws {
        try await RunningTracker.with(change: { $0.limits.parts = 500 }) { tracker async throws in
            let form = Form.files((0..<10_000).map { ("t/\($0)", [1]) })
            #expect(try await tracker.upload(form).status == 413)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test func `one part more than is allowed is refused, and the disk is as before`() async throws {
        try await RunningTracker.with { tracker async throws in
            let parts = UploadLimits().parts
            #expect(parts >= 10_000, "a folder of ten thousand files is nothing hostile")
            let answer = try await tracker.upload(.files((0...parts).map { ("t/\($0)", [1]) }))
            #expect(answer.status == 413, "\(answer.head)")
            #expect(try answer.json["status"] as? Int == 413)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test func `chunks that really never end are cut off at the limit`() async throws {
        try await RunningTracker.with(change: { $0.limits.bytes = 1 << 20 }) { tracker async throws in
            let headers = ["Content-Type: \(Form.type)", "Transfer-Encoding: chunked"]
            let head = tracker.request("POST", "/api/tracker/upload", headers: headers)
            let start = Array("--XbX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".utf8)
            let first = Array("\(String(start.count, radix: 16))\r\n".utf8) + start + [13, 10]
            let chunk = Array("10000\r\n".utf8) + Array(repeating: 7, count: 0x10000) + [13, 10]
            let (answer, sent) = try await tracker.pour(Array(head.utf8) + first, endless: chunk)
            #expect(answer.status == 413, "\(answer.head)")
            print("an upload without end was cut off after \(sent >> 10) KiB")
            #expect(tracker.uploadFolders.isEmpty)
            #expect(try await tracker.get("/health").status == 200)
        }
    }

    @Test func `names that no message can carry are refused before anything is hashed`() async throws {
        let hashing = RecordingHashing()
        try await RunningTracker.with(hashing: hashing) { tracker async throws in
            let long = Array(repeating: String(repeating: "d", count: 250), count: 11).joined(separator: "/")
            let form = Form.files((0..<1_600).map { ("t/\(long)/\($0)", [1]) })
            let answer = try await tracker.upload(form)
            #expect(answer.status == 413, "\(answer.head)")
            #expect(hashing.jobs.isEmpty)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test func `a chunked body without an end is cut off`() async throws {
        try await RunningTracker.with(change: { $0.limits.bytes = 100_000 }) { tracker async throws in
            let headers = ["Content-Type: \(Form.type)", "Transfer-Encoding: chunked"]
            let head = tracker.request("POST", "/api/tracker/upload", headers: headers)
            let start = Array("--XbX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".utf8)
            let chunk = Array("10000\r\n".utf8) + Array(repeating: 7, count: 0x10000) + [13, 10]
            let body = Array("\(String(start.count, radix: 16))\r\n".utf8) + start + [13, 10]
            let endless = body + Array(repeatElement(chunk, count: 6).joined())
            #expect(try await tracker.send(Array(head.utf8) + endless).status == 413)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test func `labels come with the files, and bad ones leave nothing`() async throws {
        try await RunningTracker.with { tracker async throws in
            var form = Form.file("x", [1])
            form.parts.append(("tags", nil, Array("B, a".utf8)))
            form.parts.append(("description", nil, Array("what it is".utf8)))
            let hex = try #require(try await tracker.upload(form).json["info_hash"] as? String)
            let json = try await tracker.get("/api/tracker/torrents/\(hex)").json
            #expect(json["tags"] as? [String] == ["a", "b"])
            #expect(json["description"] as? String == "what it is")
            var bad = Form.file("y", [2])
            bad.parts.append(("category", nil, Array(repeating: 0x61, count: 100)))
            #expect(try await tracker.upload(bad).status == 422)
            bad.parts[1].content = Array(repeating: 0x61, count: 2000)
            #expect(try await tracker.upload(bad).status == 400)
            #expect(tracker.uploadFolders.count == 1)
        }
    }
}

@Suite struct `Upload events` {
    @Test func `tell every phase, under the name that the uploader chose`() async throws {
        try await RunningTracker.with { tracker async throws in
            let changes = tracker.server.uploads.watch()
            let body = Form.file("film.mkv", Array(repeating: 5, count: 300_000)).body
            let answer = try await tracker.post("/api/tracker/upload?id=my-1", type: Form.type, body)
            #expect(answer.status == 201)
            var phases: [UploadProgress.Phase] = []
            for await change in changes where change.id == "my-1" {
                if phases.last != change.phase { phases.append(change.phase) }
                if change.phase == .hashing { #expect(change.name == "film.mkv" && change.bytesTotal == 300_000) }
                if change.phase.isOver { break }
            }
            #expect(phases == [.receiving, .hashing, .seeding, .done])
            let json = try await tracker.get("/api/tracker/uploads").json
            let items = try #require(json["items"] as? [[String: Any]])
            #expect(items.map { $0["state"] as? String } == ["done"])
            #expect(items[0]["info_hash"] as? String == (try answer.json["info_hash"] as? String))
            for id in ["", "a%20b", String(repeating: "x", count: 65), "%00"] {
                #expect(try await tracker.post("/api/tracker/upload?id=\(id)", type: Form.type, body).status == 400)
            }
        }
    }

    @Test func `say why an upload failed`() async throws {
        let hashing = FailingHashing(fault: BusFault(.failed, "no"))
        try await RunningTracker.with(hashing: hashing) { tracker async throws in
            async let failed = tracker.untilFailed()
            #expect(try await tracker.upload(.file("x", [1])).status == 503)
            #expect(await failed?.problem?.hasPrefix("Nobody hashed it") == true)
        }
    }

    @Test func `remember the last ended uploads and every one under way`() {
        let events = UploadEvents()
        for number in 0..<200 { _ = UploadMeter(id: "open-\(number)", bytesTotal: nil, events: events) }
        for number in 0..<200 {
            UploadMeter(id: "over-\(number)", bytesTotal: nil, events: events).fail("no")
        }
        let current = events.current
        #expect(current.count { !$0.phase.isOver } == 200)
        #expect(current.filter(\.phase.isOver).map(\.id) == (150..<200).map { "over-\($0)" })
    }
}

@Suite struct `Uploads that a crash cut off` {
    @Test func `are seeded when they were listed, and removed when not`() async throws {
        let folder = NSTemporaryDirectory() + "tracker-crash-\(UUID().uuidString)"
        let manager = FileManager.default
        defer { try? manager.removeItem(atPath: folder) }
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let place = try await RunningTracker.start(in: folder) { tracker async throws in
            #expect(try await tracker.upload(.file("x", [1, 2, 3])).status == 201)
            return String(decoding: try #require(tracker.torrents.additions.first).directory, as: UTF8.self)
        }
        // As it was just before the answer.
        try manager.createDirectory(atPath: place + "/.parts", withIntermediateDirectories: false)
        try manager.createDirectory(atPath: folder + "/uploads/other/.parts", withIntermediateDirectories: true)
        try await RunningTracker.start(in: folder) { tracker async throws in
            try await tracker.torrents.untilAdded()
            #expect(tracker.torrents.additions.map { String(decoding: $0.directory, as: UTF8.self) } == [place])
            #expect(!manager.fileExists(atPath: folder + "/uploads/other"))
            #expect(manager.contents(atPath: place + "/x") == Data([1, 2, 3]))
        }
    }
}
