import ArgumentParser
import BitTorrentTypes
import Metainfo
import ServiceShapes

struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a .torrent file of a file or a folder.",
        discussion: """
            Hashes with all cores; nothing need run. In version 1 files stand in the byte order of their paths, so the \
            info-hash is the one that mktorrent gives with the same parameters; hybrids and version 2 have the order \
            and the info-hashes of libtorrent.

            EXAMPLES:
              p2pctl create ~/album --tracker http://tracker.example/announce --piece-length 256KiB
              p2pctl create ~/album --hybrid --tracker http://a.example/announce,http://b.example/announce
              p2pctl create ~/film.mkv --private --source EXAMPLE -o film.torrent
            """
    )

    @Argument(help: ArgumentHelp("The file or folder to share.", valueName: "path"))
    var path: String

    @Option(name: [.customShort("o"), .long], help: "The .torrent file to write; default: <name>.torrent here.")
    var output: String?

    @Flag(name: .long, help: "Overwrite the .torrent file when it is there.")
    var force = false

    @OptionGroup var creation: CreationOptions

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let console = Console.current
        let content = try ContentScan(of: path)
        for skipped in content.skipped { console.remark("left out: \(skipped)") }
        let target = try destination(of: content)
        guard !content.contains(target) else {
            throw CommandFailure("\(target) is one of the files to share; name another place with -o")
        }
        try OutputFile.check(target, overwriting: force)
        let metainfo = try await metainfo(of: content, console: console)
        try OutputFile.write(metainfo.bytes, to: target, overwriting: force)
        if global.json {
            try console.output.line(metainfo.json.adding(.name("path", target.bytes)))
        } else {
            try console.output.line("wrote         \(target)")
            for line in metainfo.identity { try console.output.line(line) }
        }
    }

    private func destination(of content: ContentScan) throws -> BytePath {
        if let output { return try .absolute(output) }
        return try BytePath.currentFolder().appending(content.name + Array(".torrent".utf8))
    }

    private func metainfo(of content: ContentScan, console: Console) async throws -> Metainfo {
        let making = try TorrentMaking(content, version: creation.version, pieceLength: creation.pieceLength)
        let display = ProgressDisplay(console: console, options: global)
        defer { display.finish() }
        let hashes = try await making.hashes(by: try LocalHashing(), limit: .none, concurrency: 1, display: display)
        return try making.metainfo(hashes: hashes) { creation.configure(&$0) }
    }
}
