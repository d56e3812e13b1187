import BusServices
import BusTransport
import Crypto
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

/// A client of resumable uploads, as tus 1.0 describes it.
struct TusClient: Sendable {
    let tracker: RunningTracker

    func send(
        _ method: String,
        _ path: String,
        _ headers: [String] = [],
        _ body: [UInt8] = [],
        closing: Bool = false
    ) async throws -> RawAnswer {
        var all = headers.contains { $0.hasPrefix("Tus-Resumable") } ? headers : headers + ["Tus-Resumable: 1.0.0"]
        if !all.contains(where: { $0.hasPrefix("Content-Length") }) { all.append("Content-Length: \(body.count)") }
        return try await tracker.send(Array(tracker.request(method, path, headers: all).utf8) + body, closing: closing)
    }

    /// The path of a new upload.
    func create(_ name: String, length: Int) async throws -> String {
        let metadata = "relativePath \(Data(name.utf8).base64EncodedString()),filetype"
        let headers = ["Upload-Length: \(length)", "Upload-Metadata: \(metadata)"]
        let answer = try await send("POST", "/api/tracker/tus", headers)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.header("location"))
    }

    func patch(_ path: String, at offset: Int, _ bytes: [UInt8], _ headers: [String] = []) async throws -> RawAnswer {
        let piece = ["Content-Type: application/offset+octet-stream", "Upload-Offset: \(offset)"]
        return try await send("PATCH", path, piece + headers, bytes)
    }

    func offset(_ path: String) async throws -> Int? {
        try await send("HEAD", path).header("upload-offset").flatMap { Int($0) }
    }

    func finish(_ paths: [String], _ more: String = "") async throws -> RawAnswer {
        let ids = paths.map { "\"\($0.split(separator: "/").last ?? "")\"" }.joined(separator: ",")
        return try await tracker.post(
            "/api/tracker/tus/finish",
            type: "application/json",
            Array("{\"uploads\": [\(ids)]\(more)}".utf8)
        )
    }
}

@Suite struct `Resumable uploads` {
    private let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }

    @Test func `say what they can`() async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get("/api/tracker/tus", method: "OPTIONS")
            #expect(answer.status == 204)
            #expect(answer.header("tus-version") == "1.0.0")
            #expect(answer.header("tus-extension") == "creation,creation-with-upload,termination,checksum,expiration")
            #expect(answer.header("tus-checksum-algorithm") == "sha1,sha256")
            #expect(answer.header("tus-max-size") == "\(1 << 40)")
            let old = try await TusClient(tracker: tracker).send("POST", "/api/tracker/tus", ["Tus-Resumable: 0.2.2"])
            #expect(old.status == 412)
            #expect(old.header("tus-version") == "1.0.0")
        }
    }

    @Test func `come in pieces and become a torrent`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = TusClient(tracker: tracker)
            let path = try await client.create("film 日本.mkv", length: content.count)
            #expect(try await client.offset(path) == 0)
            #expect(try await client.finish([path]).status == 409)
            let first = try await client.patch(path, at: 0, Array(content[..<70_000]))
            #expect(first.status == 204)
            #expect(first.header("upload-offset") == "70000")
            #expect(first.header("upload-expires")?.hasSuffix(" GMT") == true)
            #expect(try await client.patch(path, at: 0, [1]).status == 409)
            #expect(try await client.patch(path, at: 70_000, content).status == 413)
            #expect(try await client.offset(path) == 70_000)
            #expect(try await client.patch(path, at: 70_000, Array(content[70_000...])).status == 204)
            let answer = try await client.finish([path], #", "tags": ["film"]"#)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try answer.json["name"] as? String == "film 日本.mkv")
            let addition = try #require(tracker.torrents.additions.first)
            let file = String(decoding: addition.directory, as: UTF8.self) + "/film 日本.mkv"
            #expect(FileManager.default.contents(atPath: file) == Data(content))
            #expect(try await client.send("HEAD", path).status == 404)
            #expect(try await client.finish([path]).status == 404)
            #expect(try await tracker.names("tag=film") == ["film 日本.mkv"])
        }
    }

    @Test func `of a folder keep their paths and order`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = TusClient(tracker: tracker)
            var paths: [String] = []
            for (number, name) in ["tree/b", "tree/a/c", "tree/a/empty"].enumerated() {
                let length = number == 2 ? 0 : 5 + number
                let path = try await client.create(name, length: length)
                if length > 0 {
                    #expect(try await client.patch(path, at: 0, Array(content[..<length])).status == 204)
                }
                paths.append(path)
            }
            let answer = try await client.finish(paths)
            #expect(answer.status == 201, "\(answer.text)")
            let torrent = try Metainfo.parse(try #require(tracker.torrents.additions.first).metainfo)
            #expect(torrent.name == Array("tree".utf8))
            #expect(
                torrent.files.map { $0.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") } == [
                    "b", "a/c", "a/empty",
                ]
            )
            #expect(try FileManager.default.contentsOfDirectory(atPath: tracker.uploads + "/.tus").isEmpty)
        }
    }

    @Test func `are held against their checksums, and wrong bytes are taken back`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = TusClient(tracker: tracker)
            let path = try await client.create("x", length: 1000)
            let bytes = Array(content[..<500])
            let sha1 = Data(Insecure.SHA1.hash(data: bytes)).base64EncodedString()
            let sha256 = Data(SHA256.hash(data: Array(content[500..<1000]))).base64EncodedString()
            #expect(try await client.patch(path, at: 0, bytes, ["Upload-Checksum: sha1 \(sha1)"]).status == 204)
            let wrong = try await client.patch(path, at: 500, bytes, ["Upload-Checksum: sha256 \(sha256)"])
            #expect(wrong.status == 460)
            #expect(try await client.offset(path) == 500)
            for header in ["md5 \(sha1)", "sha1", "sha1 ???", "sha1 AAAA", ""] {
                #expect(try await client.patch(path, at: 500, bytes, ["Upload-Checksum: \(header)"]).status == 400)
            }
            let rest = Array(content[500..<1000])
            #expect(try await client.patch(path, at: 500, rest, ["Upload-Checksum: sha256 \(sha256)"]).status == 204)
            #expect(try await client.offset(path) == 1000)
        }
    }

    @Test func `keep what came before a connection broke, if nobody promised a checksum`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = TusClient(tracker: tracker)
            for (checksum, kept) in [
                ([String](), 300), (["Upload-Checksum: sha1 \(Data(count: 20).base64EncodedString())"], 0),
            ] {
                let path = try await client.create("x", length: 1000)
                let piece = [
                    "Content-Type: application/offset+octet-stream", "Upload-Offset: 0", "Content-Length: 1000",
                ]
                _ = try await client.send("PATCH", path, piece + checksum, Array(content[..<300]), closing: true)
                // Locked until the break has been dealt with.
                var answer = try await client.patch(path, at: kept, Array(content[kept..<1000]))
                while answer.status == 423 || answer.status == 409 {
                    answer = try await client.patch(path, at: kept, Array(content[kept..<1000]))
                }
                #expect(answer.status == 204, "\(answer.text)")
            }
        }
    }

    @Test func `go on after a restart, without what was not verified`() async throws {
        let folder = NSTemporaryDirectory() + "tracker-tus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (one, other) = try await RunningTracker.start(in: folder) { tracker async throws in
            let client = TusClient(tracker: tracker)
            let one = try await client.create("d/one", length: 1000)
            let other = try await client.create("d/other", length: 1000)
            for path in [one, other] { _ = try await client.patch(path, at: 0, Array(content[..<400])) }
            return (one, other)
        }
        // As a piece with a checksum leaves it in the middle.
        let id = try #require(other.split(separator: "/").last)
        try Data("100".utf8).write(to: URL(fileURLWithPath: "\(folder)/uploads/.tus/\(id)/unverified"))
        try await RunningTracker.start(in: folder) { tracker async throws in
            let client = TusClient(tracker: tracker)
            #expect(try await client.offset(one) == 400)
            #expect(try await client.offset(other) == 100)
            #expect(try await client.patch(one, at: 400, Array(content[400..<1000])).status == 204)
            #expect(try await client.patch(other, at: 100, Array(content[100..<1000])).status == 204)
            #expect(try await client.finish([one, other]).status == 201)
            let files = try tracker.uploadedFiles()
            #expect(files == ["d/one": 1000, "d/other": 1000])
        }
    }

    @Test func `expire, and can be ended`() async throws {
        try await RunningTracker.with { tracker async throws in
            let client = TusClient(tracker: tracker)
            let path = try await client.create("x", length: 10)
            #expect(try await client.send("DELETE", path).status == 204)
            #expect(try await client.send("DELETE", path).status == 404)
            let other = try await client.create("x", length: 10)
            #expect(try await client.send("POST", other, ["X-HTTP-Method-Override: DELETE"]).status == 204)
            #expect(try await client.send("POST", other).status == 405)
        }
        let folder = NSTemporaryDirectory() + "tracker-tus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try await RunningTracker.start(in: folder) { tracker async throws in
            try await TusClient(tracker: tracker).create("x", length: 10)
        }
        try await RunningTracker.start(in: folder, change: { $0.limits.patience = .zero }) { tracker async throws in
            #expect(try await TusClient(tracker: tracker).send("HEAD", path).status == 404)
            #expect(try FileManager.default.contentsOfDirectory(atPath: tracker.uploads + "/.tus").isEmpty)
        }
    }

    @Test func `count against the quota as long as they are there`() async throws {
        try await RunningTracker.with(change: { $0.limits.quota = 1000 }) { tracker async throws in
            let client = TusClient(tracker: tracker)
            let path = try await client.create("x", length: 900)
            let more = ["Upload-Length: 200", "Upload-Metadata: name eA=="]
            #expect(try await client.send("POST", "/api/tracker/tus", more).status == 507)
            #expect(try await client.send("DELETE", path).status == 204)
            #expect(try await client.send("POST", "/api/tracker/tus", more).status == 201)
        }
    }

    @Test(arguments: [
        (["Upload-Metadata: name eA=="], 400), (["Upload-Length: x", "Upload-Metadata: name eA=="], 400),
        (["Upload-Length: -1", "Upload-Metadata: name eA=="], 400), (["Upload-Length: 5"], 422),
        (["Upload-Defer-Length: 1", "Upload-Metadata: name eA=="], 400),
        (["Upload-Length: 99999999999999999999", "Upload-Metadata: name eA=="], 400),
        (["Upload-Length: 9223372036854775807", "Upload-Metadata: name eA=="], 413),
        (["Upload-Length: 1099511627776", "Upload-Metadata: name eA=="], 507),
        (["Upload-Length: 5", "Upload-Metadata: name ?"], 400),
        (["Upload-Length: 5", "Upload-Metadata: name eA==,name eA=="], 400),
        (["Upload-Length: 5", "Upload-Metadata: name Li4veA=="], 422),
        (["Upload-Length: 5", "Upload-Metadata: name AA=="], 422),
        (["Upload-Length: 5", "Upload-Metadata: name eA==", "Origin: http://evil.example"], 403),
    ])
    func `that make no sense are refused`(headers: [String], status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await TusClient(tracker: tracker).send("POST", "/api/tracker/tus", headers)
            #expect(answer.status == status, "\(answer.text)")
            #expect((try? FileManager.default.contentsOfDirectory(atPath: tracker.uploads + "/.tus").isEmpty) ?? true)
        }
    }

    @Test(arguments: ["..", "%2e%2e", "x", "%00", "A", "..%2f..%2fetc", String(repeating: "a", count: 33)])
    func `that are not there are not found`(id: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let client = TusClient(tracker: tracker)
            #expect(try await client.send("HEAD", "/api/tracker/tus/\(id)").status == 404)
            #expect(try await client.patch("/api/tracker/tus/\(id)", at: 0, [1]).status == 404)
            #expect(try await client.finish([id]).status == 404)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"uploads": "x"}"#, #"{"uploads": [], "uploads": []}"#, #"{"uploads": [1e400]}"#,
        "{\"uploads\": " + String(repeating: "[", count: 100_000),
    ])
    func `are finished by a list of ids only`(body: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.post("/api/tracker/tus/finish", type: "application/json", Array(body.utf8))
            #expect(answer.status == 400)
            let none = Array(#"{"uploads": []}"#.utf8)
            #expect(try await tracker.post("/api/tracker/tus/finish", type: "application/json", none).status == 422)
        }
    }

    @Test func `stay when nobody hashes, so that they can be finished again`() async throws {
        let hashing = FailingHashing(fault: .init(.failed, "no"))
        try await RunningTracker.with(hashing: hashing) { tracker async throws in
            let client = TusClient(tracker: tracker)
            let path = try await client.create("x", length: 5)
            #expect(try await client.patch(path, at: 0, [1, 2, 3, 4, 5]).status == 204)
            #expect(try await client.finish([path]).status == 503)
            #expect(try await client.offset(path) == 5)
            #expect(tracker.uploadFolders.isEmpty)
        }
    }
}
