import BusServices
import BusTransport
import Foundation
import Metainfo
import Testing
import TrackerStore

@testable import TrackerServer

@Suite struct `Sharing a path of the server` {
    /// A tracker that may share `open`, and knows of `secret` beside it; the folder with both is handed in.
    private func with(_ body: (RunningTracker, String) async throws -> Void) async throws {
        let root = NSTemporaryDirectory() + "tracker-path-\(UUID().uuidString)"
        let manager = FileManager.default
        defer { try? manager.removeItem(atPath: root) }
        for folder in ["open/album/disc 1", "open-not", "secret"] {
            try manager.createDirectory(atPath: root + "/" + folder, withIntermediateDirectories: true)
        }
        for (path, text) in ["open/album/b": "bb", "open/album/disc 1/a": "a", "open/one": "one", "secret/key": "key"] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + path))
        }
        try Data("no".utf8).write(to: URL(fileURLWithPath: root + "/open-not/x"))
        try manager.createSymbolicLink(atPath: root + "/open/out", withDestinationPath: root + "/secret")
        try manager.createSymbolicLink(atPath: root + "/open/album/link", withDestinationPath: root + "/secret/key")
        try manager.createSymbolicLink(atPath: root + "/inside", withDestinationPath: root + "/open/one")
        try await RunningTracker.with(change: { $0.limits.shareable = [root + "/open"] }) { tracker async throws in
            try await body(tracker, root)
        }
    }

    private func share(_ path: String, on tracker: RunningTracker, headers: [String] = []) async throws -> RawAnswer {
        let body = try JSONSerialization.data(withJSONObject: ["path": path, "category": "Music"])
        return try await tracker.post(
            "/api/tracker/uploads/path",
            type: "application/json",
            Array(body),
            headers: headers
        )
    }

    @Test func `seeds a file and a folder where they lie, without links`() async throws {
        try await with { tracker, root async throws in
            let file = try await share(root + "/open/one", on: tracker)
            #expect(file.status == 201, "\(file.text)")
            let folder = try await share(root + "/open/../open/./album/", on: tracker)
            #expect(folder.status == 201, "\(folder.text)")
            // A link that leads inside is only another name.
            #expect(try await share(root + "/inside", on: tracker).status == 200)
            let additions = tracker.torrents.additions
            let directories = additions.map { String(decoding: $0.directory, as: UTF8.self) }
            #expect(Set(directories).count == 1 && directories[0].hasSuffix("/open"))
            let torrent = try Metainfo.parse(additions[1].metainfo)
            #expect(torrent.name == Array("album".utf8))
            #expect(
                torrent.files.map { $0.path.map { String(decoding: $0, as: UTF8.self) } } == [["b"], ["disc 1", "a"]]
            )
            #expect(try await tracker.names("category=Music").count == 2)
            #expect(FileManager.default.fileExists(atPath: root + "/open/album/b"))
            #expect(tracker.uploadFolders.isEmpty)
        }
    }

    @Test(arguments: [
        "/secret/key", "/open/out/key", "/open/out", "/open/../secret/key", "/open-not/x", "/open", "",
        "/open/none/../../secret",
    ])
    func `shares nothing else`(path: String) async throws {
        try await with { tracker, root async throws in
            let answer = try await share(root + path, on: tracker)
            #expect(answer.status == 403, "\(answer.text)")
            #expect(tracker.torrents.additions.isEmpty)
        }
    }

    @Test(arguments: ["relative", "/", "/etc/passwd", "\0", "/proc/self/environ"])
    func `shares nothing of the system`(path: String) async throws {
        try await with { tracker, _ async throws in
            #expect(try await share(path, on: tracker).status == 403)
        }
    }

    @Test func `says what is not there, empty or no order`() async throws {
        try await with { tracker, root async throws in
            #expect(try await share(root + "/open/none", on: tracker).status == 404)
            try FileManager.default.createDirectory(atPath: root + "/open/empty", withIntermediateDirectories: true)
            #expect(try await share(root + "/open/empty", on: tracker).status == 422)
            for body in ["", "{}", "[]", #"{"path": 5}"#] {
                let answer = try await tracker.post(
                    "/api/tracker/uploads/path",
                    type: "application/json",
                    Array(body.utf8)
                )
                #expect(answer.status == 400)
            }
            #expect(try await tracker.post("/api/tracker/uploads/path", type: "text/plain", []).status == 415)
            #expect(try await share(root + "/open/one", on: tracker, headers: ["Origin: null"]).status == 403)
        }
    }

    @Test func `takes no file that is longer than any disk`() async throws {
        try await with { tracker, root async throws in
            let path = root + "/open/sparse"
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
            defer { close(descriptor) }
            // Some file systems have no such files; then the longest that they have is shared or refused as any other.
            guard descriptor >= 0, ftruncate(descriptor, off_t(15) << 40) == 0 else { return }
            try FileManager.default.createDirectory(atPath: root + "/open/two", withIntermediateDirectories: true)
            for name in ["a", "b"] {
                try FileManager.default.linkItem(atPath: path, toPath: root + "/open/two/" + name)
            }
            #expect(try await share(root + "/open/two", on: tracker).status == 413)
        }
    }

    @Test func `is off unless somebody names a folder`() async throws {
        try await RunningTracker.with { tracker async throws in
            let file = tracker.folder + "/file"
            try Data("x".utf8).write(to: URL(fileURLWithPath: file))
            #expect(try await share(file, on: tracker).status == 403)
        }
    }

    @Test func `leaves the files alone when nobody hashes`() async throws {
        let root = NSTemporaryDirectory() + "tracker-path-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: root + "/file"))
        let hashing = FailingHashing(fault: .init(.failed, "no"))
        try await RunningTracker.with(hashing: hashing, change: { $0.limits.shareable = [root] }) {
            tracker async throws in
            #expect(try await share(root + "/file", on: tracker).status == 503)
            #expect(FileManager.default.contents(atPath: root + "/file") == Data("x".utf8))
        }
    }
}
