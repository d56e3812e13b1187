import Foundation
import RunningSuite
import Testing

@Suite(
    .enabled(if: PythonPackage.isInstalled("schemathesis"), "schemathesis is not installed: tools/setup --tests")
)
struct `The interface under schemathesis` {
    /// What may not happen; that a tracker refuses with status 200 is none of it.
    private static let checks = [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "unsupported_method",
    ]

    @Test func `answers whatever is asked as the document says, and never fails`() async throws {
        try await RunningSuite.with { suite async throws in
            // So that there is something to find.
            let file = suite.scratch("file")
            try Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }).write(to: URL(filePath: file))
            let seeded = try await suite.succeed("seed", "--json", file).json
            let infoHash = try #require(seeded["info_hash_v1"].string)
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let configuration = suite.scratch("schemathesis.toml")
            try Data("[parameters]\n\"path.info_hash\" = \"\(infoHash)\"\n".utf8).write(
                to: URL(filePath: configuration)
            )
            // At random, then with a torrent that is there.
            for options in [[], ["--config-file", configuration]] {
                let ran = try await suite.runBeside(Self.command(url, options))
                #expect(ran.code == 0, "\(ran.output)\(ran.error)")
            }
            for (name, process) in try await suite.processes() {
                #expect(process["restarts"].int == 0, "\(name)")
            }
        }
    }

    private static func command(_ url: String, _ options: [String]) -> [String] {
        // The stream of events has no end to wait for.
        [PythonPackage.program("schemathesis")] + options + [
            "run", "\(url)/openapi.json", "--exclude-operation-id", "events", "--checks",
            checks.joined(separator: ","), "--max-examples", "15", "--no-color", "--seed", "1",
        ]
    }
}
