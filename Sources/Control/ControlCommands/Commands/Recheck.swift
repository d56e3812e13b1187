import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Recheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recheck",
        abstract: "Hash all data of a torrent anew and fetch again what is bad.",
        discussion: """
            All workers hash, several torrents side by side. The check belongs to the node: Ctrl-C only stops watching, and \
            after a restart of the node it goes on where it was. A check that found bad pieces is done too: they are \
            told, and a torrent that is not paused downloads them again.

            EXAMPLES:
              p2pctl recheck 3f2a
              p2pctl recheck album --no-wait
              p2pctl recheck --json 3f2a | jq .bad_pieces
            """
    )

    @OptionGroup var torrent: TorrentIDArguments

    @Flag(name: .long, help: "Only start the check; watch it with: p2pctl jobs.")
    var noWait = false

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(torrent.suite) { connection in
            var begun: [TorrentSummary] = []
            for held in try await torrent.locate(in: connection) {
                begun.append(try await connection.torrents(on: held.node).recheck(held.summary.infoHash))
            }
            for torrent in begun {
                let end = noWait ? torrent : try await watch(torrent, over: connection, console: console)
                try report(end, to: console)
            }
        }
    }

    /// Waits until the check of one node is over.
    private func watch(
        _ begun: TorrentSummary,
        over connection: SuiteConnection,
        console: Console
    ) async throws -> TorrentSummary {
        // Subscribed to after the answer: news from before the check would look like its end.
        let updates = Ticking(connection.feed.updates([.torrent, .process]), every: TransferWatch.silence)
        let display = ProgressDisplay(console: console, options: torrent.suite.global)
        defer { display.finish() }
        var meter = CheckMeter()
        do {
            let watch = try TransferWatch(of: begun, until: .checked)
            switch try await watch.run(updates, from: begun, over: connection, show: { display.update(meter.line($0)) })
            {
            case .reached(let torrent):
                try await refuseUnfinished(torrent, over: connection, console: console)
                return torrent
            case .failed(let torrent): throw torrent.failure
            case .removed: throw CommandFailure("\(begun.shownName) was removed while it was checked")
            }
        } catch  where error.isInterruption {
            display.finish()
            console.remark("stopped watching; \(begun.node) goes on with the check. See it with: p2pctl jobs")
            throw CommandFailure(.interrupted, "")
        }
    }

    /// A check that somebody cancelled or paused ends like any other, but says nothing of the pieces it did not come to.
    private func refuseUnfinished(
        _ torrent: TorrentSummary,
        over connection: SuiteConnection,
        console: Console
    ) async throws {
        let tasks: [HashTaskStatus]
        do throws(BusFault) {
            tasks = try await connection.hashTasks.tasks()
        } catch {
            // The check itself is over, and its result stands.
            return console.remark("the jobs of the suite cannot be listed: \(error.message)")
        }
        let check = tasks.first {
            $0.kind == .recheck && $0.infoHash == torrent.infoHash && $0.requester == torrent.node
        }
        guard let check, check.state != .done else { return }
        let id = torrent.infoHash.hex.prefix(8)
        let part = HumanUnits.percent(Double(check.bytesDone) / Double(max(1, check.bytesTotal)))
        throw CommandFailure(
            torrent.state == .paused
                ? "the check of \(torrent.shownName) was paused at \(part); it goes on with: p2pctl resume \(id)"
                : "the check of \(torrent.shownName) was cancelled at \(part); check again with: p2pctl recheck \(id)"
        )
    }

    private func report(_ torrent: TorrentSummary, to console: Console) throws {
        guard !self.torrent.suite.global.json else { return try console.output.line(torrent.json) }
        try console.output.line(torrent.checkReport)
    }
}

extension TorrentSummary {
    /// What a check found, or that it goes on.
    var checkReport: String {
        let place = "\(shownName) on \(DisplayText.escaped(node))"
        if state == .checking { return "checking  \(place), \(HumanUnits.percent(progress))" }
        guard badPieces > 0 else {
            if verifiedPieces == pieces { return "good      \(place): all \(pieces) pieces" }
            if hasAllWanted { return "good      \(place): all that is wanted, \(verifiedPieces) of \(pieces) pieces" }
            let rest = pieces - verifiedPieces
            let lacking = rest == 1 ? "1 piece is lacking" : "\(rest) pieces are lacking"
            let next = state == .downloading ? "being downloaded" : "get the rest with: p2pctl resume"
            return "partial   \(place): \(verifiedPieces) of \(pieces) pieces are good, \(lacking); \(next)"
        }
        let next = state == .downloading ? "they are downloaded again" : "get them again with: p2pctl resume"
        return "bad       \(place): \(badPieces) of \(pieces) pieces were bad or gone; \(next)"
    }
}
