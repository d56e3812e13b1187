import Foundation
import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(8))) struct `Memory of the tracker during an upload` {
    /// Of tracker-api, beyond what it had before.
    private static let limit = 32 << 20

    @Test func `does not grow with the upload`() async throws {
        try await RunningSuite.with { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let pid = try await suite.pid(of: "tracker-api/1")
            // What the first upload needs for good, such as threads.
            let small = try suite.scratch.file("small.bin", size: 1 << 20)
            #expect(try await run("curl", ["-sSf", "-F", "file=@\(small)", "\(url)/api/tracker/upload"]).code == 0)
            let large = suite.scratch("large.bin")
            #expect(try await run("truncate", ["-s", "512M", large]).code == 0)
            try ProcessUse.forgetPeak(of: pid)
            let before = try ProcessUse.peakMemory(of: pid)
            #expect(try await run("curl", ["-sSf", "-F", "file=@\(large)", "\(url)/api/tracker/upload"]).code == 0)
            let growth = try ProcessUse.peakMemory(of: pid) - before
            print("tracker-api grew by \(growth >> 10) KiB during an upload of 512 MiB, from \(before >> 10) KiB")
            #expect(growth <= Self.limit)
        }
    }
}
