import BitTorrentTypes
import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

/// A form as a browser sends it.
struct Form {
    static let type = "multipart/form-data; boundary=XbX"
    var parts: [(name: String, fileName: String?, content: [UInt8])] = []

    static func file(_ name: String, _ content: [UInt8]) -> Form { Form(parts: [("file", name, content)]) }

    static func files(_ files: [(String, [UInt8])]) -> Form {
        Form(parts: files.map { (name: "file", fileName: $0.0, content: $0.1) })
    }

    var body: [UInt8] {
        parts.flatMap { part in
            let fileName = part.fileName.map { "; filename=\"\($0)\"" } ?? ""
            let head = "--XbX\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(fileName)\r\n\r\n"
            return Array(head.utf8) + part.content + [13, 10]
        } + Array("--XbX--\r\n".utf8)
    }
}

extension RunningTracker {
    func upload(_ form: Form, headers: [String] = []) async throws -> RawAnswer {
        try await post("/api/tracker/upload", type: Form.type, form.body, headers: headers)
    }
}

@Suite struct `Uploading` {
    @Test func `shares a file: hashed, listed, seeded, answered`() async throws {
        try await RunningTracker.with { tracker async throws in
            let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31) } + Array("\r\n--XbY".utf8)
            let answer = try await tracker.upload(.file("日本 é.bin", content))
            #expect(answer.status == 201, "\(answer.text)")
            let json = try answer.json
            #expect(json["name"] as? String == "日本 é.bin")
            #expect(json["size"] as? Int == content.count)
            let hex = try #require(json["info_hash"] as? String)

            let addition = try #require(tracker.torrents.additions.first)
            #expect(addition.existingData == .verified)
            let torrent = try Metainfo.parse(addition.metainfo)
            #expect(torrent.infoHash.hex == hex)
            #expect(torrent.trackers == [["http://127.0.0.1:\(tracker.port)/announce"]])
            #expect(json["pieces"] as? Int == torrent.layout.pieceCount)
            #expect(json["piece_length"] as? Int == torrent.layout.pieceLength)
            let path = String(decoding: addition.directory, as: UTF8.self) + "/日本 é.bin"
            #expect(FileManager.default.contents(atPath: path) == Data(content))
            #expect(try await tracker.get("/api/tracker/torrents/\(hex).torrent").body == addition.metainfo)
        }
    }

    @Test func `keeps the tree of a folder, empty files too`() async throws {
        try await RunningTracker.with { tracker async throws in
            let form = Form.files([("tree/a.txt", [1, 2, 3]), ("tree/b/c.txt", []), ("tree/b/d/e", [4])])
            let answer = try await tracker.upload(form)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try tracker.uploadedFiles() == ["tree/a.txt": 3, "tree/b/c.txt": 0, "tree/b/d/e": 1])
            let torrent = try Metainfo.parse(try #require(tracker.torrents.additions.first).metainfo)
            #expect(torrent.name == Array("tree".utf8))
            #expect(
                torrent.files.map { $0.path.map { String(decoding: $0, as: UTF8.self) } } == [
                    ["a.txt"], ["b", "c.txt"], ["b", "d", "e"],
                ]
            )
        }
    }

    @Test func `puts files without a folder under the given name, or under one of its own`() async throws {
        try await RunningTracker.with { tracker async throws in
            var form = Form.files([("a", [1]), ("b", [2])])
            #expect(try await tracker.upload(form).json["name"] as? String == "a and 1 more")
            form.parts.append(("name", nil, Array("mine".utf8)))
            form.parts.append(("other", nil, Array("ignored".utf8)))
            #expect(try await tracker.upload(form).json["name"] as? String == "mine")
        }
    }

    @Test func `lets uploads of one name live side by side, and the same upload once`() async throws {
        try await RunningTracker.with { tracker async throws in
            let first = try await tracker.upload(.file("same", [1]))
            #expect(try await tracker.upload(.file("same", [2])).status == 201)
            var client = Client(left: 0)
            client.infoHash = try #require(try first.json["info_hash"] as? String)
            _ = try await client.announce(to: tracker)
            let again = try await tracker.upload(.file("same", [1]))
            #expect(again.status == 200)
            #expect(try again.json["info_hash"] as? String == client.infoHash)
            #expect(try FileManager.default.contentsOfDirectory(atPath: tracker.uploads).count == 2)
        }
    }

    private static let refused: [(form: Form, status: Int)] = {
        let names = [
            "../../x", "/etc/x", "a\\b", "a/../b", "..", "a//b", "nul\0", String(repeating: "n", count: 300), "",
        ]
        var table = names.map { (form: Form.file($0, [1]), status: 422) }
        table.append((Form.file("empty", []), 422))
        table.append((Form(), 422))
        table.append((Form(parts: [("other", nil, [1])]), 422))
        table.append((Form(parts: [("file", nil, [1])]), 422))
        table.append((Form.files([("t/a", [1]), ("t/A", [2])]), 422))
        table.append((Form.files([("t/a", [1]), ("t/a", [2])]), 422))
        table.append((Form.files([("t/a", [1]), ("t/a/b", [2])]), 422))
        table.append((Form.file(String(repeating: "n", count: 64_000), [1]), 400))
        return table
    }()

    @Test(arguments: refused)
    func `refuses what can be no torrent and keeps nothing`(form: Form, status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.upload(form)
            #expect(answer.status == status, "\(answer.text)")
            #expect(try answer.json["action"] != nil)
            #expect(try tracker.uploadedFiles().isEmpty)
            #expect(try await tracker.store.totals().torrents == 0)
        }
    }

    @Test func `stops at the limits of size and number`() async throws {
        try await RunningTracker.with(change: {
            $0.limits.bytes = 100_000; $0.limits.parts = 10
        }) { tracker async throws in
            let large = [UInt8](repeating: 7, count: 300_000)
            #expect(try await tracker.upload(.file("large", large)).status == 413)
            let chunks = tracker.request(
                "POST",
                "/api/tracker/upload",
                headers: ["Content-Type: \(Form.type)", "Transfer-Encoding: chunked"]
            )
            let body = Form.file("large", large).body
            let chunked = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
            #expect(try await tracker.send(Array(chunks.utf8) + chunked).status == 413)
            let many = Form.files((0..<11).map { ("t/\($0)", [1]) })
            #expect(try await tracker.upload(many).status == 413)
            #expect(try tracker.uploadedFiles().isEmpty)
        }
    }

    @Test(arguments: ["text/plain", "", "application/json"])
    func `takes no other type`(type: String) async throws {
        try await RunningTracker.with { tracker async throws in
            #expect(try await tracker.post("/api/tracker/upload", type: type, [1, 2, 3]).status == 415)
            #expect(try await tracker.post("/api/tracker/upload", type: "multipart/form-data", [1]).status == 400)
        }
    }

    @Test func `cleans up after a client that broke off`() async throws {
        try await RunningTracker.with { tracker async throws in
            let head = tracker.request(
                "POST",
                "/api/tracker/upload",
                headers: ["Content-Type: \(Form.type)", "Content-Length: 1000000"]
            )
            let part = "--XbX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nabc"
            async let failed = tracker.untilFailed()
            _ = try await tracker.send(head + part, closing: true)
            #expect(await failed?.phase == .failed)
            #expect(try tracker.uploadedFiles().isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: tracker.uploads).isEmpty)
        }
    }

    @Test func `takes everything back when nobody seeds or hashes`() async throws {
        let refusal = BusFault(.refused, "no")
        try await RunningTracker.with(torrents: RecordingTorrents(faults: [refusal])) { tracker async throws in
            let answer = try await tracker.upload(.file("x", [1]))
            #expect(answer.status == 503)
            #expect(try tracker.uploadedFiles().isEmpty)
            #expect(try await tracker.store.totals().torrents == 0)
            #expect(try await tracker.upload(.file("x", [1])).status == 201)
        }
        try await RunningTracker.with(hashing: FailingHashing(fault: BusFault(.failed, "no"))) { tracker async throws in
            #expect(try await tracker.upload(.file("x", [1])).status == 503)
            #expect(try tracker.uploadedFiles().isEmpty)
        }
    }

    @Test func `is told that somebody cancelled its hashing, and leaves nothing`() async throws {
        let hashing = FailingHashing(fault: BusFault(.cancelled, "cancelled"))
        try await RunningTracker.with(hashing: hashing) { tracker async throws in
            let answer = try await tracker.upload(.file("x", [1]))
            #expect(answer.status == 409)
            #expect(try answer.json["detail"] as? String == "The upload was cancelled while it was hashed.")
            #expect(try tracker.uploadedFiles().isEmpty)
            #expect(try await tracker.store.totals().torrents == 0)
        }
    }

    @Test func `is one task of the hasher-workers, with an id of its own`() async throws {
        let hashing = RecordingHashing()
        try await RunningTracker.with(hashing: hashing) { tracker async throws in
            for name in ["a", "b"] { #expect(try await tracker.upload(.file(name, [1, 2])).status == 201) }
        }
        let tasks = hashing.jobs.compactMap(\.task)
        #expect(tasks.map(\.kind) == [.upload, .upload])
        #expect(tasks.map { String(decoding: $0.name, as: UTF8.self) } == ["a", "b"])
        #expect(tasks.map(\.bytesTotal) == [2, 2])
        #expect(Set(tasks.map(\.id)).count == 2)
    }

    @Test func `is not open to pages of others`() async throws {
        try await RunningTracker.with { tracker async throws in
            let form = Form.file("x", [1])
            #expect(try await tracker.upload(form, headers: ["Origin: http://evil.example"]).status == 403)
            #expect(try await tracker.upload(form, headers: ["Origin: null"]).status == 403)
            #expect(try await tracker.upload(form, headers: ["Sec-Fetch-Site: cross-site"]).status == 403)
            #expect(try await tracker.upload(form, headers: ["Origin: http://localhost:\(tracker.port)"]).status == 201)
        }
    }

    @Test func `removes at the start what a crash cut off, and nothing else`() async throws {
        let folder = NSTemporaryDirectory() + "tracker-sweep-\(UUID().uuidString)"
        let manager = FileManager.default
        defer { try? manager.removeItem(atPath: folder) }
        try manager.createDirectory(atPath: folder + "/uploads/cut/.parts", withIntermediateDirectories: true)
        try manager.createDirectory(atPath: folder + "/uploads/whole", withIntermediateDirectories: true)
        try await RunningTracker.start(in: folder) { tracker async throws in
            #expect(try manager.contentsOfDirectory(atPath: tracker.uploads) == ["whole"])
        }
    }
}

@Suite struct `Payload hasher` {
    @Test func `cuts files into jobs of whole pieces that say every byte once`() throws {
        let length = 16384
        let files = [("a", 70 << 20), ("b", 0), ("c", 5), ("d", 60 << 20)].map {
            (location: DiskPath($0.0), length: $0.1)
        }
        let total = files.reduce(0) { $0 + $1.length }
        let task = HashTask(id: "upload-1", kind: .upload, name: Array("x".utf8), bytesTotal: total)
        let hasher = PayloadHasher(service: LocalHashing(), task: task)
        let jobs = try hasher.jobs(files, layout: try .init(totalLength: total, pieceLength: length))
        #expect(jobs.allSatisfy { $0.task == task })
        let lengths = jobs.map { $0.runs[0].slices.reduce(0) { $0 + $1.length } }
        #expect(lengths.reduce(0, +) == total)
        #expect(lengths.dropLast().allSatisfy { $0 == 64 << 20 })
        #expect(jobs[1].runs[0].slices.map { String(decoding: $0.path, as: UTF8.self) } == ["a", "c", "d"])
    }
}
