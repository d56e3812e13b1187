import ArgumentParser

/// The command line as a whole.
struct P2PCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "p2pctl",
        abstract: "Share and download files with BitTorrent; start, watch and stop the suite that does it.",
        discussion: """
            EXAMPLES:
              p2pctl up --detach
              p2pctl seed ~/film.mkv
              p2pctl download film.mkv.torrent --to ~/Downloads
              p2pctl list
              p2pctl --home /tmp/a --json ps

            EXIT STATUS: 0 done, 1 failed, 2 not running, 3 not found, 4 refused, 64 wrong usage.
            """,
        version: "p2pctl \(programVersion)",
        groupedSubcommands: [
            CommandGroup(name: "Suite", subcommands: [Up.self, Down.self, Status.self]),
            CommandGroup(
                name: "Torrent files (nothing need run)",
                subcommands: [Create.self, Inspect.self, BencodeCommand.self, Magnet.self, Verify.self]
            ),
            CommandGroup(name: "Share and download", subcommands: [Seed.self, Add.self, Download.self]),
            CommandGroup(
                name: "Torrents",
                subcommands: [
                    List.self, Show.self, Peers.self, Files.self, Trackers.self, Pause.self, Resume.self, Recheck.self,
                    Configure.self, Limit.self, Queue.self, Announce.self, Move.self, Remove.self, Explain.self,
                ]
            ),
            CommandGroup(
                name: "Processes",
                subcommands: [ProcessList.self, Scale.self, Restart.self, Logs.self, Events.self, Jobs.self]
            ),
        ]
    )
}
