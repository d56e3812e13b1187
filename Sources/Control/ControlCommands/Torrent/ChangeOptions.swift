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

    @OptionGroup var start: StartOptions

    func change(for metainfo: Metainfo) throws -> TorrentChange {
        var change = start.change()
        if let files { change.files = try files.onlyThese(of: metainfo.payloadFiles.count) }
        if sequential { change.isSequential = true }
        return change
    }
}
