import Foundation
import Testing

@testable import TrackerServer

@Suite struct `The OpenAPI document` {
    private typealias Operations = [String: [String: [String: Any]]]

    private func operations(of tracker: RunningTracker) async throws -> Operations {
        let document = try await tracker.get("/openapi.json").json
        #expect(document["openapi"] as? String == "3.1.0")
        return try #require(document["paths"] as? Operations)
    }

    @Test func `has the paths that are served, and no others`() async throws {
        try await RunningTracker.with { tracker async throws in
            let described = Set(try await operations(of: tracker).keys)
            #expect(described == tracker.server.paths)
        }
    }

    @Test func `has the methods that are served, and no others`() async throws {
        try await RunningTracker.with { tracker async throws in
            for (path, operations) in try await operations(of: tracker) {
                let target = path.replacingOccurrences(of: "{info_hash}", with: Client.hex)
                    .replacing(/\{[a-z]+\}/, with: "1")
                for method in ["get", "post", "put", "patch", "delete"] where !isStream(operations[method]) {
                    let answer = try await tracker.get(target, method: method.uppercased())
                    #expect((answer.status != 405) == (operations[method] != nil), "\(method) \(path)")
                }
                let options = try await tracker.get(target, method: "OPTIONS")
                #expect(options.status == 204, "\(path)")
                var allowed = Set(operations.keys.map { $0.uppercased() }).union(["OPTIONS"])
                if allowed.contains("GET") { allowed.insert("HEAD") }
                #expect(options.header("allow") == allowed.sorted().joined(separator: ", "), "\(path)")
            }
        }
    }

    /// A stream does not end, so that its answer cannot be waited for.
    private func isStream(_ operation: [String: Any]?) -> Bool { operation?["tags"] as? [String] == ["events"] }

    @Test func `describes every parameter and answer, and names each operation once`() async throws {
        try await RunningTracker.with { tracker async throws in
            let document = try await tracker.get("/openapi.json").json
            let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: Any])
            var names: Set<String> = []
            for (path, methods) in try await operations(of: tracker) {
                for operation in methods.values {
                    let name = try #require(operation["operationId"] as? String)
                    #expect(names.insert(name).inserted, "\(name)")
                    let parameters = operation["parameters"] as? [[String: Any]] ?? []
                    let inPath = parameters.filter { $0["in"] as? String == "path" }.compactMap {
                        $0["name"] as? String
                    }
                    #expect(inPath.count == path.count { $0 == "{" }, "\(name)")
                    for parameter in inPath { #expect(path.contains("{\(parameter)}"), "\(name)") }
                    #expect((operation["responses"] as? [String: Any])?.isEmpty == false, "\(name)")
                }
            }
            let text = try await tracker.get("/openapi.json").text
            for reference in text.matches(of: /"#\/components\/schemas\/([A-Za-z]+)"/) {
                #expect(schemas[String(reference.output.1)] != nil, "\(reference.output.1)")
            }
        }
    }

    @Test(arguments: [
        ("application/json", 200), ("*/*", 200), ("application/*;q=0.1", 200), ("text/html, application/json", 200),
        ("text/html", 406), ("application/json;q=0, */*", 406), ("application/json; q=0.0", 406), ("", 406),
    ])
    func `is had in the media type that it is in`(accept: String, status: Int) async throws {
        try await RunningTracker.with { tracker async throws in
            let answer = try await tracker.get("/openapi.json", headers: ["Accept: \(accept)"])
            #expect(answer.status == status)
        }
    }

    @Test(arguments: ["", "Content-Type: text/plain", "Content-Type: application/jsonx"])
    func `makes another type of body be refused`(header: String) async throws {
        try await RunningTracker.with { tracker async throws in
            let headers = [header, "Content-Length: 2"].filter { !$0.isEmpty }
            let answer = try await tracker.send(
                tracker.request("POST", "/api/tracker/announce", headers: headers) + "{}"
            )
            #expect(answer.status == 415)
            #expect(answer.header("content-type") == "application/problem+json")
        }
    }
}
