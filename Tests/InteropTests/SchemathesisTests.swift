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

    /// The pieces of resumable uploads are bytes like others, which schemathesis cannot know.
    private static let hooks = """
        from schemathesis import serializer
        serializer.alias("application/offset+octet-stream", "application/octet-stream")

        """

    @Test func `answers whatever is asked as the document says, and never fails`() async throws {
        try await RunningSuite.with { suite async throws in
            // So that there is something to find.
            let file = suite.scratch("file")
            try Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }).write(to: URL(filePath: file))
            let seeded = try await suite.succeed("seed", "--json", file).json
            let infoHash = try #require(seeded["info_hash_v1"].string)
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let hooks = suite.scratch("hooks.py")
            try Data(Self.hooks.utf8).write(to: URL(filePath: hooks))
            // At random, then with a torrent that is there.
            for (number, parameters) in ["", "[parameters]\n\"path.info_hash\" = \"\(infoHash)\"\n"].enumerated() {
                let configuration = suite.scratch("schemathesis-\(number).toml")
                try Data("hooks = \"\(hooks)\"\n\(parameters)".utf8).write(to: URL(filePath: configuration))
                let ran = try await suite.runBeside(Self.command(url, ["--config-file", configuration]))
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
