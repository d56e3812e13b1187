import Foundation
import RunningSuite

/// aria2, which says by its hook when a download is complete, and seeds on.
struct Aria2: ForeignClient {
    static let name = "aria2"
    static let missing = isInstalled("aria2c") ? nil : "aria2c is not installed: tools/setup --tests"
    static let address = PrivateNetwork.others[0]

    /// Only the tracker and TCP, no files of its own, no talk; keep what is there after checking it, seed without end, and
    /// call `echo` when complete.
    static let options = [
        "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--disable-ipv6=true",
        "--enable-peer-exchange=false", "--file-allocation=none", "--console-log-level=warn", "--summary-interval=0",
        "--show-console-readout=false", "--bt-tracker-connect-timeout=10", "--listen-port=21000-21999",
        "--check-integrity=true", "--allow-overwrite=true", "--seed-ratio=0.0", "--on-bt-download-complete=/bin/echo",
        "--max-concurrent-downloads=32",
    ]

    private let program: RunningProgram

    static func with<Result: Sendable>(
        _ torrents: [Placement],
        in network: PrivateNetwork,
        scratch: ScratchFolder,
        _ body: (Aria2) async throws -> Result
    ) async throws -> Result {
        try await with(torrents, ["--interface=\(address)"], prefix: network.prefix, scratch: scratch, body)
    }

    /// Starts one with more options; on the loopback when `prefix` does not say otherwise.
    static func with<Result: Sendable>(
        _ torrents: [Placement],
        _ more: [String] = [],
        prefix: [String] = [],
        scratch: ScratchFolder,
        _ body: (Aria2) async throws -> Result
    ) async throws -> Result {
        let list = scratch("aria2.txt")
        let lines = torrents.map { "\($0.torrent)\n  dir=\($0.folder)\n" }
        try lines.joined().write(toFile: list, atomically: true, encoding: .utf8)
        return try await RunningProgram.with(prefix + ["aria2c"] + options + more + ["--input-file=\(list)"]) {
            try await body(Aria2(program: $0))
        }
    }

    /// The hook prints the number of the download, how many files it has, and the path of the first.
    func untilComplete(_ torrent: TorrentIdentity) async throws {
        _ = try await program.line("aria2 has \(torrent.name)") { line in
            line.split(separator: " ").count >= 3 && line.contains("/\(torrent.name)")
        }
    }

    func isPrivate(_ torrent: TorrentIdentity) -> Bool? { nil }
}
