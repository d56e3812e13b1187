import Foundation
import RunningSuite

/// Transmission 3: its daemon, and the RPC that it is asked by.
///
/// It thinks about whom to be interested in, and whom to unchoke, every ten seconds.
struct Transmission: ForeignClient {
    static let name = "Transmission"
    static let missing =
        isInstalled("transmission-daemon") ? nil : "transmission-daemon is not installed: tools/setup --tests"

    static let makesEmptyFiles = false
    static let address = PrivateNetwork.others[1]

    private let network: PrivateNetwork
    private let session: String
    private let url: String

    static func with<Result: Sendable>(
        _ torrents: [Placement],
        in network: PrivateNetwork,
        scratch: ScratchFolder,
        _ body: (Transmission) async throws -> Result
    ) async throws -> Result {
        let folder = scratch("transmission")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The network has no other user of these ports.
        let settings = """
            {"bind-address-ipv4": "\(address)", "peer-port": 51413, "rpc-port": 9091,
            "rpc-bind-address": "127.0.0.1", "rpc-whitelist-enabled": false, "rpc-host-whitelist-enabled": false,
            "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false,
            "port-forwarding-enabled": false, "encryption": 1, "preallocation": 0,
            "download-queue-enabled": false, "download-dir": "\(folder)", "watch-dir-enabled": false}
            """
        try settings.write(toFile: folder + "/settings.json", atomically: true, encoding: .utf8)
        let command = ["transmission-daemon", "--foreground", "--config-dir", folder]
        return try await RunningProgram.with(network.prefix + command) { _ in
            let client = try await Transmission(in: network)
            for torrent in torrents { try await client.add(torrent) }
            return try await body(client)
        }
    }

    /// Waits for the RPC to answer, and takes the token that it wants to see with each question.
    private init(in network: PrivateNetwork) async throws {
        let url = "http://127.0.0.1:9091/transmission/rpc"
        let header = "x-transmission-session-id:"
        self.url = url
        self.network = network
        session = try await withDeadline(.seconds(60), "Transmission answers") {
            while true {
                let answer = try await network.runInside(["curl", "-s", "-i", url]).output
                let lines = answer.split(whereSeparator: \.isNewline)
                if let line = lines.first(where: { $0.lowercased().hasPrefix(header) }) { return String(line) }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func ask(_ method: String, _ arguments: String) async throws -> JSON {
        let question = "{\"method\": \"\(method)\", \"arguments\": \(arguments)}"
        let answer = try await network.runInside(["curl", "-sS", "-H", session, "-d", question, url])
        guard answer.code == 0, try answer.json["result"].string == "success" else {
            throw SuiteFailure("Transmission, \(question): \(answer.output)\(answer.error)")
        }
        return try answer.json["arguments"]
    }

    private func add(_ placement: Placement) async throws {
        let place = "\"filename\": \"\(placement.torrent)\", \"download-dir\": \"\(placement.folder)\""
        _ = try await ask("torrent-add", "{\(place)}")
    }

    /// By its info-hash: names beyond the basic plane of Unicode come out wrong in its JSON.
    private func state(of torrent: TorrentIdentity) async throws -> JSON {
        let fields = ["percentDone", "leftUntilDone", "isPrivate", "status"].map { "\"\($0)\"" }.joined(separator: ", ")
        let answer = try await ask("torrent-get", "{\"ids\": [\"\(torrent.infoHash)\"], \"fields\": [\(fields)]}")
        return answer["torrents"][0]
    }

    func untilComplete(_ torrent: TorrentIdentity) async throws {
        try await eventually("Transmission has \(torrent.name)", within: .seconds(90)) {
            let state = try await state(of: torrent)
            // Status 6 is seeding.
            return state["percentDone"].number == 1 && state["leftUntilDone"].int == 0 && state["status"].int == 6
        }
    }

    /// What it says of the only tracker of a torrent.
    func tracker(of infoHash: String) async throws -> JSON {
        let answer = try await ask("torrent-get", "{\"ids\": [\"\(infoHash)\"], \"fields\": [\"trackerStats\"]}")
        return answer["torrents"][0]["trackerStats"][0]
    }

    func isPrivate(_ torrent: TorrentIdentity) async throws -> Bool? {
        try await state(of: torrent)["isPrivate"] == .bool(true)
    }
}
