import Foundation
import RunningSuite

/// libtorrent in a Python of this checkout, spoken to through `tools/libtorrent-driver`.
enum LibtorrentDriver {
    static let python = Checkout.path + "/.venv/bin/python"
    static let isInstalled = PythonPackage.isInstalled("libtorrent")

    /// What libtorrent makes of a path with one of the formats.
    struct Verdict: Sendable {
        let infoHashV1: String?
        let infoHashV2: String?
        /// Why it does not read the torrent that it made itself.
        let refusal: String?

        init(_ json: JSON) {
            infoHashV1 = json["info_hash_v1"].string
            infoHashV2 = json["info_hash_v2"].string
            refusal = json["refused"].string
        }
    }

    /// The info-hashes that libtorrent gives `path`, by format.
    static func hashes(of path: String, pieceLength: Int) async throws -> [TorrentFormat: Verdict] {
        var verdicts: [TorrentFormat: Verdict] = [:]
        for line in try await answers("hashes", path, "\(pieceLength)") {
            guard let format = line["kind"].string.flatMap(TorrentFormat.init) else { continue }
            verdicts[format] = Verdict(line)
        }
        return verdicts
    }

    /// Loads torrents and checks the data in `folder` against each of them.
    static func check(_ torrents: [String], in folder: String) async throws -> [JSON] {
        try await answers(["check", folder] + torrents)
    }

    /// Downloads a torrent to `folder` from whom its trackers name, listening at `host`.
    static func download(_ torrent: String, to folder: String, at host: String) async throws {
        _ = try await answers("download", torrent, folder, "\(host):0")
    }

    /// Seeds what is in `folder`, or downloads it and seeds then, beside `body`.
    @discardableResult
    static func sharing<Result: Sendable>(
        _ torrent: String,
        in folder: String,
        at host: String,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let script = Checkout.path + "/tools/libtorrent-driver"
        return try await running(python, [script, "share", torrent, folder, "\(host):0"], body)
    }

    private static func answers(_ arguments: String...) async throws -> [JSON] { try await answers(arguments) }

    private static func answers(_ arguments: [String]) async throws -> [JSON] {
        let result = try await run("timeout", ["60", python, Checkout.path + "/tools/libtorrent-driver"] + arguments)
        guard result.code == 0 else { throw SuiteFailure("\(result.command): \(result.error)") }
        return try result.jsonLines
    }
}

/// The formats of a torrent, under the names of the options of `p2pctl create`.
enum TorrentFormat: String, CaseIterable, Sendable {
    case v1, v2, hybrid
}
