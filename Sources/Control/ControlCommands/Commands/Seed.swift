import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import ServiceShapes

struct Seed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed",
        abstract: "Share a file or folder: hash it, track it, seed it.",
        discussion: """
            The hasher-workers of the suite hash it. A file whose name ends in .torrent is taken as the torrent of data \
            that is there already, in --data.

            EXAMPLES:
              p2pctl seed ~/film.mkv
              p2pctl seed ~/album --hybrid --tracker http://tracker.example/announce
              p2pctl seed album.torrent --data ~/Music
              p2pctl seed ~/film.mkv --super --up 2MiB --seed-ratio 3
            """
    )

    @Argument(help: ArgumentHelp("The file or folder to share, or a .torrent file.", valueName: "path|file.torrent"))
    var path: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With a .torrent file: the folder that holds its data; default: the .torrent's own.",
            valueName: "dir"
        )
    )
    var data: String?

    @Option(name: .long, help: ArgumentHelp("The peer-node to use; default: the least loaded.", valueName: "n"))
    var node: NodeChoice?

    @OptionGroup(title: "How the torrent shall be (with a file or folder)")
    var creation: CreationOptions

    @OptionGroup var start: StartOptions

    @OptionGroup var suite: SuiteOptions

    private var isTorrentFile: Bool { path.lowercased().hasSuffix(".torrent") }

    func validate() throws {
        if data != nil, !isTorrentFile { throw ValidationError("--data goes with a .torrent file only.") }
        if isTorrentFile, !creation.areDefault {
            throw ValidationError("A .torrent file is seeded as it is; leave out the options that shape a new one.")
        }
        if creation.version == .v2 {
            throw ValidationError(
                "Version 2 alone cannot be seeded yet: use --hybrid, or only make the file with: p2pctl create --v2."
            )
        }
    }

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(suite) { connection in
            let announceURL = try await announceURL(of: connection)
            let display = ProgressDisplay(console: console, options: suite.global)
            defer { display.finish() }
            let (metainfo, directory) =
                isTorrentFile
                ? try existing(trackedBy: announceURL)
                : try await made(trackedBy: announceURL, over: connection, display: display)
            try TorrentFile.checkForSuite(metainfo)
            let updates = Ticking(connection.feed.updates([.torrent, .process]), every: TransferWatch.silence)
            let added = try await PlacementTurn.with(connection.home) {
                try await add(metainfo, in: directory, to: connection)
            }
            let watch = try TransferWatch(of: added.torrent, until: .checked)
            var meter = CheckMeter()
            let end = try await watch.run(updates, from: added.torrent, over: connection) { torrent in
                display.update(meter.line(torrent))
            }
            display.finish()
            if added.alreadyPresent, start.change() != TorrentChange() || start.paused {
                console.remark(
                    "it is there already; change it with: p2pctl configure, limit, queue or pause "
                        + metainfo.infoHash.hex.prefix(8)
                )
            }
            try report(try seeding(end), metainfo: metainfo, alreadyPresent: added.alreadyPresent, console: console)
        }
    }

    private func add(
        _ metainfo: Metainfo,
        in directory: BytePath,
        to connection: SuiteConnection
    ) async throws -> (torrent: TorrentSummary, alreadyPresent: Bool) {
        let holder = try await connection.placement().node(for: metainfo, in: directory, isFolderNamed: true)
        _ = try await connection.patiently { try await connection.catalogue.register(metainfo: metainfo.bytes) }
        var addition = TorrentAddition(metainfo: metainfo.bytes, directory: directory.bytes)
        addition.isPaused = start.paused
        addition.change = start.change()
        addition.existingData = isTorrentFile ? .check : .verified
        let (request, target) = (addition, node?.name ?? holder)
        return try await connection.patiently { try await connection.torrents(on: target).add(request) }
    }

    private func announceURL(of connection: SuiteConnection) async throws -> String {
        guard let url = try await connection.settledReport().tracker.announceURL else {
            throw CommandFailure(.notRunning, "tracker-api is not ready; see why with: p2pctl ps")
        }
        return url
    }

    /// The data is on disk and its torrent too.
    private func existing(trackedBy announceURL: String) throws -> (Metainfo, BytePath) {
        let file = try BytePath.absolute(path)
        let metainfo = try TorrentFile.parse(InputFile.read(file), from: path)
        let directory = try data.map { try BytePath.absolute($0) } ?? file.parent
        let content = directory.appending(metainfo.name)
        guard FileStamp(of: content, followingLinks: true) != nil else {
            throw CommandFailure(.notFound, "\(content) is not there; name the folder that holds it with --data")
        }
        let isTracked = metainfo.trackers.contains { $0.contains(announceURL) }
        return (isTracked ? metainfo : metainfo.addingTrackers([[announceURL]]), directory)
    }

    /// The data is on disk; the hasher-workers make the torrent.
    private func made(
        trackedBy announceURL: String,
        over connection: SuiteConnection,
        display: ProgressDisplay
    ) async throws -> (Metainfo, BytePath) {
        let content = try ContentScan(of: path)
        for skipped in content.skipped { Console.current.remark("left out: \(skipped)") }
        let making = try TorrentMaking(content, version: creation.version, pieceLength: creation.pieceLength)
        let workers = try await connection.report().processes.count { $0.name.role == .hasherWorker }
        guard workers > 0 else {
            throw CommandFailure(.notRunning, "no hasher-worker runs; start some with: p2pctl scale hasher-worker=2")
        }
        let hashes = try await making.hashes(
            by: HashingClient(connection.bus),
            limit: .worker,
            concurrency: max(2, workers + 1),
            display: display
        )
        let metainfo = try making.metainfo(hashes: hashes) { creation.configure(&$0, tiers: [[announceURL]]) }
        return (metainfo, content.directory)
    }

    private func seeding(_ end: TransferWatch.End) throws -> TorrentSummary {
        switch end {
        case .failed(let torrent): throw torrent.failure
        case .removed: throw CommandFailure("the torrent was removed meanwhile; seed it again")
        // What rests has not been looked at yet.
        case .reached(let torrent) where torrent.state == .paused: return torrent
        case .reached(let torrent) where torrent.verifiedPieces < torrent.pieces:
            throw CommandFailure(
                "\(torrent.shownName) is not all there: \(torrent.verifiedPieces) of \(torrent.pieces) pieces are "
                    + "good, and \(torrent.node) downloads the rest; see: p2pctl show \(torrent.infoHash.hex.prefix(8))"
            )
        case .reached(let torrent): return torrent
        }
    }

    private func report(
        _ torrent: TorrentSummary,
        metainfo: Metainfo,
        alreadyPresent: Bool,
        console: Console
    ) throws {
        if suite.global.json {
            try console.output.line(metainfo.json(on: torrent, alreadyPresent: alreadyPresent))
        } else {
            let state = torrent.state == .paused || torrent.state == .queued ? torrent.state.rawValue : "seeding"
            let margin = String(repeating: " ", count: 14 - state.count)
            try console.output.line("\(state)\(margin)\(torrent.shownName) on \(DisplayText.escaped(torrent.node))")
            for line in metainfo.identity { try console.output.line(line) }
        }
    }
}
