import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes

struct Limit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Show or change how fast a torrent, or the whole suite, may download and upload.",
        discussion: """
            Without an ID the limits are those of the suite, and each peer-node gets an equal part of them. Limits are \
            kept over restarts. The alternative speeds are those under limits.alternative in config.yaml: on and off \
            switch them by hand, schedule leaves that to the clock.

            EXAMPLES:
              p2pctl limit
              p2pctl limit --down 2MiB --up 500KiB
              p2pctl limit 3f2a --up 100KiB
              p2pctl limit 3f2a --up off
              p2pctl limit --alternative on
            """
    )

    @Argument(help: ArgumentHelp("A torrent: info-hash, prefix or name; default: the whole suite.", valueName: "id"))
    var id: String?

    @Option(name: .long, help: rateHelp, transform: Limit.rate)
    var down: RateLimit?

    @Option(name: .long, help: rateHelp, transform: Limit.rate)
    var up: RateLimit?

    @Option(name: .long, help: "The alternative speeds: on, off, or schedule (by the clock).")
    var alternative: Alternative?

    @Option(name: .long, help: ArgumentHelp("Only on this peer-node, and all of it for that one.", valueName: "n"))
    var node: NodeChoice?

    @OptionGroup var suite: SuiteOptions

    enum Alternative: String, ExpressibleByArgument, CaseIterable {
        case on, off, schedule
    }

    static var rateHelp: ArgumentHelp {
        ArgumentHelp("Bytes a second, such as 500KiB or 2MiB; off: no limit.", valueName: "rate")
    }

    static func rate(_ text: String) throws -> RateLimit {
        guard let limit = RateLimit(text) else {
            throw ValidationError(
                "'\(DisplayText.escaped(text))' is no limit; write off, or bytes a second from 1KiB on, such as 500KiB or 2MiB."
            )
        }
        return limit
    }

    func validate() throws {
        if id != nil, alternative != nil {
            throw ValidationError("The alternative speeds are the whole suite's; leave out the torrent.")
        }
    }

    func run() async throws {
        try await SuiteConnection.with(suite) { connection in
            if let id { try await limitTorrent(id, over: connection) } else { try await limitSuite(over: connection) }
        }
    }

    private func limitTorrent(_ id: String, over connection: SuiteConnection) async throws {
        let console = Console.current
        var change = TorrentChange()
        change.downLimit = down
        change.upLimit = up
        let all = try await connection.allTorrents(on: node?.name)
        let found = try TorrentLocator.find(id, in: all.map(\.summary))
        for held in all where found.contains(where: { $0.infoHash == held.summary.infoHash }) {
            let client = connection.torrents(on: held.node)
            let torrent = change.isEmpty ? held.summary : try await client.configure(held.summary.infoHash, change)
            if suite.global.json {
                try console.output.line(torrent.json)
            } else {
                let options = torrent.options
                try console.output.line(
                    "\(torrent.shownName) on \(held.node): down \(options.downLimit.shown), up \(options.upLimit.shown)"
                )
            }
        }
    }

    private func limitSuite(over connection: SuiteConnection) async throws {
        let console = Console.current
        let ready = try await connection.settledReport().nodes.filter { $0.state == .ready }.map(\.name)
        let nodes = node.map { node in ready.filter { $0 == node.name } } ?? ready
        guard !nodes.isEmpty else {
            throw CommandFailure(.notRunning, "no such peer-node is ready; see why with: p2pctl ps")
        }
        var change = NodeLimitsChange()
        change.down = down?.divided(by: nodes.count)
        change.up = up?.divided(by: nodes.count)
        change.alternative = alternative.flatMap { AlternativeSpeeds(rawValue: $0.rawValue) }
        var table = TextTable(
            .text("NODE"),
            .number("DOWN"),
            .number("LIMIT"),
            .number("UP"),
            .number("LIMIT"),
            .text("SPEEDS")
        )
        for node in nodes {
            let request = change
            let limits = try await connection.patiently { try await connection.torrents(on: node).limits(request) }
            if suite.global.json {
                try console.output.line(limits.json(of: node))
            } else {
                table.add(
                    node.description,
                    HumanUnits.rate(limits.downRate),
                    limits.downInForce.shown,
                    HumanUnits.rate(limits.upRate),
                    limits.upInForce.shown,
                    limits.isAlternativeActive ? "alternative" : "usual"
                )
            }
        }
        if !suite.global.json { try console.print(table) }
    }
}

extension RateLimit {
    /// As people read it.
    var shown: String { self == .unlimited ? "off" : HumanUnits.rate(Double(bytesPerSecond)) }
}

extension NodeLimits {
    var downInForce: RateLimit { isAlternativeActive ? alternativeDown : down }
    var upInForce: RateLimit { isAlternativeActive ? alternativeUp : up }
}
