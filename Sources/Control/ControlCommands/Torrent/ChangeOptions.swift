import ArgumentParser
import BitTorrentTypes
import Metainfo

/// What somebody chooses of a torrent that is added.
struct ChangeOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Only these files, by their numbers in the torrent, such as 1,3-5.", valueName: "numbers")
    )
    var files: FileSelection?

    @Flag(name: .long, help: "Download the pieces in order, for playing while it goes on.")
    var sequential = false

    @Option(
        name: .long,
        help: ArgumentHelp("Stop seeding at this ratio of uploaded to downloaded; off: never.", valueName: "ratio")
    )
    var seedRatio: SeedLimitOption?

    @Flag(name: .long, help: "Do not start yet; start with: p2pctl resume.")
    var paused = false

    func change(for metainfo: Metainfo) throws -> TorrentChange {
        var change = TorrentChange()
        if let files { change.files = try files.onlyThese(of: metainfo.payloadFiles.count) }
        if sequential { change.isSequential = true }
        change.seedRatio = seedRatio?.limit
        return change
    }
}
