import RunningSuite
import Testing

/// Content that goes one way between a suite and a foreign client.
struct Parcel: Sendable {
    let path: String
    let options: [String]

    /// The name of the content.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    func torrent(_ infoHash: String) -> TorrentIdentity { TorrentIdentity(name: name, infoHash: infoHash) }
    var isPrivate: Bool { options.contains("--private") }

    /// A file, a tree with Unicode names and empty files, and a private torrent; and a tree as a hybrid, for those who know
    /// both versions.
    static func all(of sender: String, seed: UInt64, hybrid: Bool, in scratch: ScratchFolder) throws -> [Parcel] {
        let file = try scratch.file("of \(sender)/Größe von \(sender).bin", size: 2_500_001, seed: seed)
        let tree = try scratch.tree("of \(sender)/Baum 🌳 von \(sender)", seed: seed + 10)
        let secret = try scratch.file("of \(sender)/private of \(sender)", size: 300_000, seed: seed + 20)
        var parcels = [
            Parcel(path: file, options: []), Parcel(path: tree, options: []),
            Parcel(path: secret, options: ["--private"]),
        ]
        if hybrid {
            let both = try scratch.tree("of \(sender)/hybrid of \(sender)", seed: seed + 30)
            parcels.append(Parcel(path: both, options: ["--hybrid"]))
        }
        return parcels
    }
}

/// One suite and one foreign client: everything of ours to them, everything of theirs to us, at once.
struct Exchange<Client: ForeignClient>: Sendable {
    let suite: RunningSuite
    let network: PrivateNetwork

    static func run(hybrid: Bool = false) async throws {
        try await PrivateNetwork.with { network in
            try await RunningSuite.with(
                settings: ["peer.listen.host=\(PrivateNetwork.ours)"],
                network: network
            ) { suite in
                let exchange = Exchange(suite: suite, network: network)
                let ours = try Parcel.all(of: "us", seed: 1, hybrid: hybrid, in: suite.scratch)
                let theirs = try Parcel.all(of: "them", seed: 2, hybrid: hybrid, in: suite.scratch)
                try await exchange.run(ours: ours, theirs: theirs)
            }
        }
    }

    private func run(ours: [Parcel], theirs: [Parcel]) async throws {
        var placements: [Placement] = []
        var (ourHashes, theirHashes): ([String], [String]) = ([], [])
        for (number, parcel) in ours.enumerated() {
            let infoHash = try await seed(parcel)
            ourHashes.append(infoHash)
            let torrent = suite.scratch("ours-\(number).torrent")
            try await suite.fetchTorrent(infoHash, to: torrent)
            placements.append(Placement(torrent: torrent, folder: suite.scratch("with them")))
        }
        let announce = try #require(try await suite.succeed("status", "--json").json["tracker_announce_url"].string)
        for (number, parcel) in theirs.enumerated() {
            let torrent = suite.scratch("theirs-\(number).torrent")
            let created = try await suite.succeed(
                ["create", parcel.path, "-o", torrent, "--tracker", announce, "--json"] + parcel.options
            )
            theirHashes.append(try #require(try created.json["info_hash_v1"].string))
            placements.append(Placement(torrent: torrent, folder: suite.scratch("of them")))
        }
        let hashes = (ourHashes, theirHashes)
        try await Client.with(placements, in: network, scratch: suite.scratch) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (parcel, infoHash) in zip(ours, hashes.0) {
                    group.addTask { try await theyDownload(parcel, infoHash, client) }
                }
                for (number, (parcel, infoHash)) in zip(theirs, hashes.1).enumerated() {
                    let torrent = placements[ours.count + number].torrent
                    group.addTask { try await weDownload(parcel, infoHash, torrent, client) }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Seeds it; returns when the tracker knows us as a seeder.
    private func seed(_ parcel: Parcel) async throws -> String {
        let seeded = try await suite.succeed(["seed", parcel.path, "--json"] + parcel.options).json
        let infoHash = try #require(seeded["info_hash_v1"].string)
        try await untilSeeder(PrivateNetwork.ours, of: infoHash)
        return infoHash
    }

    /// Waits until whoever lives at `host` has told the tracker that nothing is left for it to download.
    private func untilSeeder(_ host: String, of infoHash: String) async throws {
        try await eventually("the tracker knows a seeder of \(infoHash) at \(host)") {
            try await suite.trackedPeers(of: infoHash).contains {
                $0["ip"].string == host && $0["left"].int == 0
            }
        }
    }

    private func theyDownload(_ parcel: Parcel, _ infoHash: String, _ client: Client) async throws {
        try await client.untilComplete(parcel.torrent(infoHash))
        try await untilSeeder(Client.address, of: infoHash)
        let copy = suite.scratch("with them/\(parcel.name)")
        let differences = try Client.differences(of: copy, from: parcel.path)
        #expect(differences == [])
        if let isPrivate = try await client.isPrivate(parcel.torrent(infoHash)) {
            #expect(isPrivate == parcel.isPrivate)
        }
        let torrent = try await suite.torrent(infoHash, on: "peer-node/1")
        #expect((torrent["uploaded"].int ?? 0) >= (torrent["size"].int ?? .max), "\(torrent)")
    }

    private func weDownload(_ parcel: Parcel, _ infoHash: String, _ torrent: String, _ client: Client) async throws {
        try await client.untilComplete(parcel.torrent(infoHash))
        try await untilSeeder(Client.address, of: infoHash)
        try await suite.succeed("download", torrent, "--to", suite.scratch("with us"))
        #expect(try await areEqual(parcel.path, suite.scratch("with us/\(parcel.name)")))
        let ours = try await suite.torrent(infoHash, on: "peer-node/1")
        #expect(ours["progress"].number == 1 && ours["state"].string == "seeding", "\(ours)")
        #expect(ours["hash_failed"].int == 0)
    }
}

/// Both directions at once: a file, a folder and a private torrent through our tracker; both sides say that they have all,
/// and every byte is the same.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled("no network namespaces here: they need root or user namespaces, and iproute2") {
        await PrivateNetwork.isAvailable()
    }
)
struct `Exchange of torrents` {
    @Test(.enabled(if: Aria2.missing == nil, "aria2c is not installed: tools/setup --tests"))
    func `with aria2`() async throws { try await Exchange<Aria2>.run() }

    @Test(.enabled(if: Transmission.missing == nil, "transmission-daemon is not installed: tools/setup --tests"))
    func `with Transmission`() async throws { try await Exchange<Transmission>.run() }

    @Test(.enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests"))
    func `with libtorrent, hybrid torrents too`() async throws { try await Exchange<Libtorrent>.run(hybrid: true) }
}
