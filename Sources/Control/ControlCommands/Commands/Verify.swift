import ArgumentParser
import BitTorrentTypes
import Metainfo
import ServiceShapes

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check files against a torrent and name what is bad.",
        discussion: """
            Hashes with all cores; nothing need run. A hybrid is checked against both of its versions in one pass. Exit \
            status 0 when every piece is good, 1 when not.

            EXAMPLES:
              p2pctl verify album.torrent ~/Downloads/album
              p2pctl verify --json album.torrent ~/Downloads | jq .bad_files
            """
    )

    /// More bad pieces than this are counted, not listed, for a person.
    private static let listed = 20

    @Argument(help: ArgumentHelp("The .torrent file.", valueName: "file.torrent"))
    var file: String

    @Argument(help: ArgumentHelp("The file or folder to check, or the folder that holds it.", valueName: "path"))
    var path: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let console = Console.current
        let metainfo = try TorrentFile.read(file)
        let root = try Verification.root(of: metainfo, at: .absolute(path))
        let display = ProgressDisplay(console: console, options: global)
        defer { display.finish() }
        let result = try await Verification.run(metainfo, at: root, display: display)
        display.finish()
        if global.json {
            try console.output.line(json(result, metainfo: metainfo))
        } else {
            try report(result, metainfo: metainfo, to: console)
        }
        guard result.isGood else {
            throw CommandFailure(
                "\(root) does not match the torrent: \(result.faults); download it again to mend it"
            )
        }
    }

    private func report(_ result: Verification, metainfo: Metainfo, to console: Console) throws {
        for piece in result.badPieces.prefix(Self.listed) {
            let files = piece.files.map { DisplayText.escaped($0) }.joined(separator: ", ")
            try console.output.line("bad piece \(piece.index)  \(files): \(DisplayText.escaped(piece.reason))")
        }
        if result.badPieces.count > Self.listed {
            try console.output.line("and \(result.badPieces.count - Self.listed) more bad pieces")
        }
        for file in result.badFiles { try console.output.line("bad file  \(DisplayText.escaped(file))") }
        for file in result.longFiles {
            try console.output.line("longer    \(DisplayText.escaped(file)) has bytes behind those of the torrent")
        }
        guard result.isGood else { return }
        let size = HumanUnits.bytes(metainfo.payloadLength)
        try console.output.line("good      \(DisplayText.escaped(metainfo.name)): \(result.pieceCount) pieces, \(size)")
    }

    private func json(_ result: Verification, metainfo: Metainfo) -> JSONValue {
        JSONValue.name("name", metainfo.name).adding(metainfo.infoHashes).adding([
            "ok": .boolean(result.isGood),
            "pieces": .integer(result.pieceCount),
            "good_pieces": .integer(result.pieceCount - result.badPieces.count),
            "bad_pieces": .array(result.badPieces.map { .integer($0.index) }),
            "bad_files": .array(result.badFiles.map { .bytes($0) }),
            "long_files": .array(result.longFiles.map { .bytes($0) }),
        ])
    }
}

extension Verification {
    /// What is wrong, in a few words.
    fileprivate var faults: String {
        var faults: [String] = []
        if !badPieces.isEmpty { faults.append("\(badPieces.count) of \(pieceCount) pieces are bad") }
        let empty = missingEmptyFiles.count
        if empty > 0 { faults.append(empty == 1 ? "an empty file is missing" : "\(empty) empty files are missing") }
        return faults.joined(separator: ", ")
    }
}
