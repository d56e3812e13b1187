import ArgumentParser
import BitTorrentTypes
import Foundation
import Metainfo

struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a .torrent file of a file or a folder.",
        discussion: """
            Hashes with all cores; nothing need run. Files stand in the byte order of their paths, so the info-hash is \
            the one that mktorrent gives with the same parameters.

            EXAMPLE:
              p2pctl create ~/album --tracker http://tracker.example/announce --piece-length 256KiB
            """
    )

    @Argument(help: ArgumentHelp("The file or folder to share.", valueName: "path"))
    var path: String

    @Option(name: [.customShort("o"), .long], help: "The .torrent file to write; default: <name>.torrent here.")
    var output: String?

    @Flag(name: .long, help: "Overwrite the .torrent file when it is there.")
    var force = false

    @Option(
        name: .long,
        help: "auto, or a power of two from 16KiB to 256MiB.",
        transform: { text in
            do {
                return try PieceLengthOption.parse(text)
            } catch let fault as PieceLengthOption.Fault {
                throw ValidationError(PieceLengthOption.sentence(fault, in: text))
            }
        }
    )
    var pieceLength = PieceLengthOption.automatic

    @Flag(name: .customLong("v1"), help: "A torrent of BitTorrent version 1 (the default).")
    var isVersion1 = false

    @Option(name: .long, help: ArgumentHelp("An announce URL; each one given is a tier of its own.", valueName: "url"))
    var tracker: [String] = []

    @Flag(name: .customLong("private"), help: "Peers come from the trackers only (BEP 27).")
    var isPrivate = false

    @Option(name: .long, help: ArgumentHelp("A remark for people.", valueName: "text"))
    var comment: String?

    @Option(name: .long, help: ArgumentHelp("Where the files are on the web (BEP 19).", valueName: "url"))
    var webSeed: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("A label that changes the info-hash, as private trackers ask for.", valueName: "text")
    )
    var source: String?

    @Flag(name: .long, help: "Leave the date out, so that the same files give the same .torrent file.")
    var noDate = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        for url in tracker { try URLCheck.check(url, option: "--tracker", schemes: ["http", "https", "udp"]) }
        for url in webSeed { try URLCheck.check(url, option: "--web-seed", schemes: ["http", "https", "ftp"]) }
    }

    func run() async throws {
        let console = Console.current
        let content = try ContentScan(of: path)
        for skipped in content.skipped { console.remark("left out: \(skipped)") }
        let target = try destination(of: content)
        try OutputFile.check(target, overwriting: force)
        let metainfo = try await metainfo(of: content, console: console)
        try OutputFile.write(metainfo.bytes, to: target, overwriting: force)
        if global.json {
            try console.output.line(metainfo.json.adding(.name("path", target.bytes)))
        } else {
            try console.output.line("wrote     \(target)")
            try console.output.line("info-hash \(metainfo.infoHash.hex)")
            try console.output.line("magnet    \(DisplayText.escaped(metainfo.magnet))")
        }
    }

    private func destination(of content: ContentScan) throws -> BytePath {
        if let output { return try .absolute(output) }
        return try BytePath.currentFolder().appending(content.name + Array(".torrent".utf8))
    }

    private func metainfo(of content: ContentScan, console: Console) async throws -> Metainfo {
        let making = try TorrentMaking(content, pieceLength: pieceLength)
        let display = ProgressDisplay(console: console, options: global)
        defer { display.finish() }
        let hashes = try await making.pieceHashes(
            by: LocalHashing(),
            runLength: content.totalLength,
            concurrency: 1,
            display: display
        )
        return try making.metainfo(pieceHashes: hashes) { builder in
            builder.trackers = tracker.map { [$0] }
            builder.webSeeds = webSeed
            builder.isPrivate = isPrivate
            builder.comment = comment
            builder.source = source
            builder.createdBy = "p2p/\(programVersion)"
            builder.creationDate = noDate ? nil : Int(Date().timeIntervalSince1970)
        }
    }
}

/// URLs on the command line.
enum URLCheck {
    static func check(_ text: String, option: String, schemes: [String]) throws {
        let hasControl = text.unicodeScalars.contains { PrintableText.mustEscape($0) || $0 == " " }
        guard !hasControl, let scheme = text.range(of: "://").map({ text[..<$0.lowerBound].lowercased() }),
            schemes.contains(scheme), text.utf8.count > scheme.utf8.count + 3
        else {
            let list = schemes.map { $0 + "://" }.joined(separator: ", ")
            throw ValidationError("\(option) '\(DisplayText.escaped(text))' is no URL that begins with \(list).")
        }
    }
}
