import BitTorrentTypes
import Metainfo

/// The words of a .torrent file that a search can find.
enum MetainfoText {
    /// Of all file names together, in bytes; a folder of more is found by its first ones.
    private static let limit = 256 << 10

    /// `nil` for bytes that are no torrent: they come from our own table, which may be damaged.
    static func parse(_ bytes: [UInt8]) -> Metainfo? {
        do { return try Metainfo.parse(bytes) } catch { return nil }
    }

    /// The paths of the files, a line each; empty for a single file, which has the torrent's own name.
    static func fileNames(of metainfo: [UInt8]) -> String {
        guard let metainfo = parse(metainfo), !metainfo.isSingleFile else { return "" }
        var text = ""
        for file in metainfo.files where !file.isPadding {
            text += file.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") + "\n"
            guard text.utf8.count < limit else { break }
        }
        return text
    }
}
