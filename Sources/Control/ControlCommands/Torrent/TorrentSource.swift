import BitTorrentTypes
import BusTransport
import Metainfo

/// What somebody names when they mean a torrent.
enum TorrentSource: Sendable {
    case file(String)
    case magnet(MagnetLink)
    case url(String)

    init(_ text: String) throws(CommandFailure) {
        let start = text.prefix(8).lowercased()
        if start.hasPrefix("magnet:") {
            do {
                self = .magnet(try MagnetLink.parse(text))
            } catch {
                throw CommandFailure("the magnet link cannot be used: \(error); copy it again, whole")
            }
        } else if start.hasPrefix("http://") || start == "https://" {
            self = .url(text)
        } else {
            self = .file(text)
        }
    }

    /// The metainfo; a magnet link's comes from the catalogue behind `suite`.
    func metainfo(from suite: SuiteConnection) async throws -> Metainfo {
        switch self {
        case .file(let path): return try TorrentFile.read(path)
        case .url(let url): return try TorrentFile.parse(await TorrentFetch.bytes(of: url), from: url)
        case .magnet(let magnet): return try await suite.catalogued(magnet)
        }
    }
}

/// .torrent files that somebody names.
enum TorrentFile {
    /// Room for a message on the bus less its other fields, in bytes.
    private static let messageLimit = BusLimits.messageBytes - (64 << 10)

    static func read(_ path: String) throws(CommandFailure) -> Metainfo {
        try parse(InputFile.read(.absolute(path)), from: path)
    }

    static func parse(_ bytes: [UInt8], from origin: String) throws(CommandFailure) -> Metainfo {
        do {
            return try Metainfo.parse(bytes)
        } catch {
            throw CommandFailure("\(DisplayText.escaped(origin)) is not a torrent that can be used: \(error)")
        }
    }

    /// Throws for a torrent that the nodes cannot share, or that is too large to be handed to another process.
    static func checkForSuite(_ metainfo: Metainfo) throws(CommandFailure) {
        guard metainfo.version.hasV1 else { throw versionTwoOnly(metainfo.name) }
        guard metainfo.bytes.count <= messageLimit else {
            throw CommandFailure(
                "the .torrent file has \(HumanUnits.bytes(metainfo.bytes.count)), and the suite takes at most "
                    + "\(HumanUnits.bytes(messageLimit)); make it with larger pieces"
            )
        }
    }

    static func versionTwoOnly(_ name: [UInt8]) -> CommandFailure {
        CommandFailure(
            "\(DisplayText.escaped(name)) is a torrent of version 2 alone, which the nodes cannot share yet; make a "
                + "hybrid of the same files, which they can: p2pctl create --hybrid"
        )
    }
}
