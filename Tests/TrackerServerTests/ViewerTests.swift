import Foundation
import Testing

@testable import TrackerServer

@Suite struct `The documentation to try` {
    @Test func `loads nothing from elsewhere`() async throws {
        let folder = NSTemporaryDirectory() + "viewer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["swagger-ui.css", "swagger-ui-bundle.js"] {
            try Data("/* \(name) */".utf8).write(to: URL(filePath: folder + "/" + name))
        }
        try await RunningTracker.with(change: { $0.viewer = folder }) { tracker async throws in
            let page = try await tracker.get("/docs")
            #expect(page.status == 200)
            let policy = try #require(page.header("content-security-policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
            #expect(!policy.contains("http") && !page.text.contains("://"))
            let assets = page.text.matches(of: /(?:src|href)="([^"]+)"/).map { String($0.output.1) }
            #expect(assets.count == 3)
            for asset in assets {
                let answer = try await tracker.get(asset)
                #expect(answer.status == 200, "\(asset)")
                #expect(
                    answer.header("content-type")?.hasPrefix(asset.hasSuffix("css") ? "text/css" : "text/javascript")
                        == true
                )
                #expect(answer.header("etag") != nil)
            }
            for other in [
                "swagger-ui.js", "..%2f..%2fetc%2fpasswd", "%2e%2e", "%2e%2e/docs", "..%5c..%5cetc", "%00",
                "start.js%00",
                "../../etc/passwd", "/etc/passwd", String(repeating: "a", count: 7_000), "%C0%AE%C0%AE/x",
            ] {
                #expect(try await tracker.get("/docs/" + other).status == 404, "\(other)")
            }
        }
    }

    @Test func `says what to do when it is not installed`() async throws {
        try await RunningTracker.with { tracker async throws in
            let page = try await tracker.get("/docs")
            #expect(page.status == 200)
            #expect(page.text.contains("tools/setup"))
            #expect(try await tracker.get("/docs/swagger-ui.css").status == 404)
        }
    }
}
