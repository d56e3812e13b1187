import Bencode
import BitTorrentTypes
import Metainfo

/// A valid torrent of one file, 40,000 bytes in three pieces, with single fields changed or taken out.
enum SampleTorrent {
    static let info: [String: BencodeValue] = [
        "name": "sample.bin", "piece length": 16_384, "length": 40_000, "pieces": hashes(3),
    ]

    static func hashes(_ count: Int) -> BencodeValue { .string([UInt8](repeating: 0xAB, count: 20 * count)) }

    /// A change to `nil` takes the field out.
    static func bytes(
        info changes: [String: BencodeValue?] = [:],
        outer: [String: BencodeValue?] = [:]
    ) -> [UInt8] {
        var fields = info
        for (key, value) in changes { fields[key] = value }
        var root: [String: BencodeValue] = ["announce": "http://tracker.example/announce", "info": dictionary(fields)]
        for (key, value) in outer { root[key] = value }
        return dictionary(root).encoded()
    }

    /// The same with a tree of files that fill `pieces` pieces of 16 KiB.
    static func tree(_ files: [BencodeValue], pieces: Int = 1, name: BencodeValue = "tree") -> [UInt8] {
        bytes(info: ["name": name, "length": nil, "files": .list(files), "pieces": hashes(pieces)])
    }

    static func file(_ path: BencodeValue..., length: BencodeValue = 1, attr: String? = nil) -> BencodeValue {
        var fields: [String: BencodeValue] = ["length": length, "path": .list(path)]
        if let attr { fields["attr"] = .text(attr) }
        return dictionary(fields)
    }

    static func dictionary(_ fields: [String: BencodeValue]) -> BencodeValue {
        .dictionary(Dictionary(uniqueKeysWithValues: fields.map { (Array($0.utf8), $1) }))
    }

    /// What parsing ends with; `nil` when the torrent is taken.
    static func fault(_ bytes: [UInt8]) -> MetainfoError? {
        do throws(MetainfoError) {
            _ = try Metainfo.parse(bytes)
            return nil
        } catch {
            return error
        }
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
