import Foundation
import RunningSuite
import Testing

/// The pages of /docs as a reader meets them: in a browser that reaches the tracker and nothing else.
@Suite(
    .timeLimit(.minutes(4)),
    .enabled(if: PythonPackage.isInstalled("playwright"), "playwright is not installed: tools/setup --tests"),
    .enabled(if: isInstalled("chromium"), "chromium is not installed: tools/setup --tests"),
    .enabled(if: hasViewer, "Swagger UI is not installed: tools/setup")
)
struct `The documentation in a browser` {
    @Test func `shows every operation, has nothing from elsewhere, and tries one out`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: ["tracker.udp.port=0"]) { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let visitor = Checkout.path + "/tools/docs-visitor"
            let visited = try await run("timeout", ["180", PythonPackage.program("python"), visitor, url, "stats"])
            #expect(visited.code == 0, "\(visited.error)")
            let seen = try visited.json
            #expect(seen["operations"].array.count > 20)
            #expect(seen["operations"] == seen["documented"])
            #expect(seen["status"].string == "200")
            #expect(seen["body"].string?.contains("\"announces\"") == true, "\(seen["body"])")
            #expect(seen["errors"] == .array([]))
            #expect(seen["elsewhere"] == .array([]))
        }
    }
}

private let hasViewer = FileManager.default.fileExists(
    atPath: Checkout.path + "/.build/share/p2p/swagger-ui/swagger-ui-bundle.js"
)
