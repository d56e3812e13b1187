import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import ServiceShapes

struct Download: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Download a torrent and wait until it is complete and verified.",
        discussion: """
            A peer-node of the suite does the work. Ctrl-C only stops watching: the download goes on.

            With --files only these files are downloaded, and waited for.

            EXAMPLES:
              p2pctl download album.torrent --to ~/Downloads
              p2pctl download film.torrent --files 1 --sequential
            """
    )

    @OptionGroup var addition: AdditionOptions

    func run() async throws {
        let console = Console.current
        try await SuiteConnection.with(addition.suite) { connection in
            let (metainfo, peers) = try await addition.metainfo(from: connection)
            let updates = Ticking(
                connection.feed.updates([.torrent, .process]),
                every: TransferWatch.silence
            )
            let added = try await addition.add(metainfo, peers: peers, to: connection)
            if added.torrent.state == .downloading, metainfo.trackers.isEmpty, peers.isEmpty, addition.peer.isEmpty,
                !added.alreadyPresent
            {
                console.remark(
                    "the torrent has no tracker and no peer was named, so nothing comes until a peer calls; name one with "
                        + "--peer HOST:PORT, or see: p2pctl explain \(metainfo.infoHash.hex.prefix(8))"
                )
            }
            let display = ProgressDisplay(console: console, options: addition.suite.global)
            defer { display.finish() }
            let end: TransferWatch.End
            do {
                let watch = try TransferWatch(of: added.torrent, until: .complete)
                var meter = CheckMeter()
                end = try await watch.run(updates, from: added.torrent, over: connection) { torrent in
                    display.update(meter.line(torrent))
                }
            } catch  where error.isInterruption {
                display.finish()
                throw stoppedWatching(added.torrent, console: console)
            }
            display.finish()
            try report(end, metainfo: metainfo, alreadyPresent: added.alreadyPresent, console: console)
        }
    }

    private func report(
        _ end: TransferWatch.End,
        metainfo: Metainfo,
        alreadyPresent: Bool,
        console: Console
    ) throws {
        switch end {
        case .reached(let torrent):
            if addition.suite.global.json {
                try console.output.line(metainfo.json(on: torrent, alreadyPresent: alreadyPresent))
            } else {
                try console.output.line(
                    "complete  \(torrent.shownName)  \(HumanUnits.bytes(torrent.size))  \(DisplayText.escaped(torrent.path))"
                )
            }
        case .failed(let torrent):
            throw torrent.failure
        case .removed:
            throw CommandFailure(
                "\(DisplayText.escaped(metainfo.name)) was removed while it was downloaded; add it again to get it"
            )
        }
    }

    private func stoppedWatching(_ torrent: TorrentSummary, console: Console) -> CommandFailure {
        console.remark(
            "stopped watching; \(torrent.node) goes on. Watch again with the same command, or stop it with: "
                + "p2pctl pause \(torrent.infoHash.hex.prefix(8))"
        )
        return CommandFailure(.interrupted, "")
    }
}

extension Error {
    /// Whether Ctrl-C is behind it.
    var isInterruption: Bool {
        if self is CancellationError { return true }
        if let fault = self as? BusFault { return fault.code == .cancelled }
        return (self as? CommandFailure)?.status == .interrupted
    }
}

extension TorrentSummary {
    /// Why a torrent in the state `error` or `missing` is there.
    var failure: CommandFailure {
        let reason = DisplayText.escaped(error ?? "its files are missing")
        return CommandFailure(
            "\(shownName) stopped: \(reason); mend that and go on with: p2pctl resume \(infoHash.hex.prefix(8))"
        )
    }
}

extension TransferWatch {
    /// Watches `torrent` on the node that has it.
    init(of torrent: TorrentSummary, until goal: Goal) throws(CommandFailure) {
        guard let node = ProcessName(torrent.node) else {
            throw CommandFailure("a node gave an answer that makes no sense; see p2pctl logs")
        }
        self.init(infoHash: torrent.infoHash, node: node, goal: goal)
    }
}
