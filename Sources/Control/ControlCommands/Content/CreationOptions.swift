import ArgumentParser
import BitTorrentTypes
import Foundation
import Metainfo

/// How a new torrent shall be, for the commands that make one.
struct CreationOptions: ParsableArguments {
    @Flag(exclusivity: .exclusive)
    var version = MetainfoVersion.v1

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

    @Option(
        name: .long,
        help: ArgumentHelp(
            "An announce URL. Several of equal rank, with commas between them, are one tier; each further --tracker is "
                + "a tier for when the ones before fail (BEP 12).",
            valueName: "url[,url…]"
        ),
        transform: { text in try TrackerTier.parse(text) }
    )
    var tracker: [TrackerTier] = []

    @Flag(name: .customLong("private"), help: "Peers come from the trackers only (BEP 27).")
    var isPrivate = false

    @Option(name: .long, help: ArgumentHelp("A remark for people.", valueName: "text"))
    var comment: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Where the files are on the web (BEP 19); may be given several times.", valueName: "url"),
        transform: { text in try URLCheck.checked(text, option: "--web-seed", schemes: ["http", "https", "ftp"]) }
    )
    var webSeed: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("A label that changes the info-hash, as private trackers ask for.", valueName: "text")
    )
    var source: String?

    @Flag(name: .long, help: "Leave the date out, so that the same files give the same .torrent file.")
    var noDate = false

    /// Whether nothing was asked for.
    var areDefault: Bool {
        version == .v1 && pieceLength == .automatic && tracker.isEmpty && !isPrivate && comment == nil
            && webSeed.isEmpty && source == nil && !noDate
    }

    /// Sets all that does not come from the files; `tiers` of trackers stand before the ones asked for.
    func configure(_ builder: inout MetainfoBuilder, tiers: [[String]] = []) {
        builder.trackers = tiers + tracker.map(\.urls)
        builder.webSeeds = webSeed
        builder.isPrivate = isPrivate
        builder.comment = comment
        builder.source = source
        builder.createdBy = "p2p/\(programVersion)"
        builder.creationDate = noDate ? nil : Int(Date().timeIntervalSince1970)
    }
}

extension MetainfoVersion: EnumerableFlag {
    static func help(for value: MetainfoVersion) -> ArgumentHelp? {
        switch value {
        case .v1: "SHA-1 of pieces: what every client knows (the default)."
        case .hybrid: "Versions 1 and 2 in one torrent: old and new clients share it."
        case .v2: "A SHA-256 tree for each file (BEP 52) and nothing else."
        }
    }
}

/// Trackers of equal rank, as one `--tracker` names them.
///
///     http://a/announce                             a tier of one
///     http://a/announce,udp://b:6969/announce       a tier of two; a comma counts where a URL follows it
struct TrackerTier: Hashable, Sendable {
    let urls: [String]

    static func parse(_ text: String) throws(ValidationError) -> TrackerTier {
        var urls: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if let last = urls.last, !part.isEmpty, !part.contains("://") {
                urls[urls.count - 1] = "\(last),\(part)"
            } else {
                urls.append(String(part))
            }
        }
        for url in urls {
            _ = try URLCheck.checked(url, option: "--tracker", schemes: ["http", "https", "udp"])
        }
        return TrackerTier(urls: urls)
    }
}

/// URLs on the command line.
enum URLCheck {
    static func checked(_ text: String, option: String, schemes: [String]) throws(ValidationError) -> String {
        let hasControl = text.unicodeScalars.contains { PrintableText.mustEscape($0) || $0 == " " }
        guard !hasControl, let scheme = text.range(of: "://").map({ text[..<$0.lowerBound].lowercased() }),
            schemes.contains(scheme), text.utf8.count > scheme.utf8.count + 3
        else {
            let list = schemes.map { $0 + "://" }.joined(separator: ", ")
            throw ValidationError("\(option) '\(DisplayText.escaped(text))' is no URL that begins with \(list).")
        }
        return text
    }
}
