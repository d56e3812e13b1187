import BitTorrentTypes
import Metainfo

// What scripts see of a .torrent file.

extension Metainfo {
    var magnet: String { MagnetLink(self).text }

    var json: JSONValue {
        JSONValue.name("name", name).adding([
            "info_hash_v1": .text(infoHash.hex),
            "info_hash_v2": .null,
            "size": .integer(layout.totalLength),
            "piece_length": .integer(layout.pieceLength),
            "pieces": .integer(layout.pieceCount),
            "files": .array(files.map { .name("path", $0.joinedPath).adding(["length": .integer($0.length)]) }),
            "magnet": .text(magnet),
            "private": .boolean(isPrivate),
            "trackers": .array(trackers.map { .array($0.map { .text($0) }) }),
            "web_seeds": .array(webSeeds.map { .text($0) }),
            "source": source.map { .bytes($0) } ?? .null,
            "comment": comment.map { .bytes($0) } ?? .null,
            "created_by": createdBy.map { .bytes($0) } ?? .null,
            "creation_date": .optional(creationDate),
            "warnings": .array(warnings.map { .text($0) }),
        ])
    }

    /// A page about the torrent for a person.
    var page: [String] {
        var page = [
            "name          \(DisplayText.escaped(name))",
            "info-hash     \(infoHash.hex)",
            "size          \(HumanUnits.bytes(layout.totalLength)) (\(layout.totalLength) bytes)",
            "pieces        \(layout.pieceCount) of \(HumanUnits.bytes(layout.pieceLength))",
        ]
        if isPrivate { page.append("private       yes") }
        page += trackers.enumerated().flatMap { tier, urls in
            urls.map { "tracker \(DisplayText.padded(String(tier), to: 4))  \(DisplayText.escaped($0))" }
        }
        page += webSeeds.map { "web seed      \(DisplayText.escaped($0))" }
        if let source { page.append("source        \(DisplayText.escaped(source))") }
        if let comment { page.append("comment       \(DisplayText.escaped(comment))") }
        if let createdBy { page.append("created by    \(DisplayText.escaped(createdBy))") }
        if let creationDate { page.append("created       \(Timestamp.text(unixSeconds: creationDate))") }
        page.append("magnet        \(DisplayText.escaped(magnet))")
        page += warnings.map { "warning       \(DisplayText.escaped($0))" }
        page.append(isSingleFile ? "one file" : "\(files.count) files")
        if !isSingleFile {
            page += files.map {
                DisplayText.padded(HumanUnits.bytes($0.length), to: 12, alignedRight: true) + "  "
                    + DisplayText.escaped($0.joinedPath)
            }
        }
        return page
    }
}

extension MagnetLink {
    var json: JSONValue {
        (name.map { JSONValue.name("name", $0) } ?? ["name": .null]).adding([
            "info_hash_v1": .text(infoHash.hex),
            "info_hash_v2": .null,
            "magnet": .text(text),
            "trackers": .array(trackers.map { .text($0) }),
            "web_seeds": .array(webSeeds.map { .text($0) }),
            "peers": .array(peers.map { .text($0.description) }),
            "size": .optional(exactLength),
            "warnings": .array(warnings.map { .text($0) }),
        ])
    }
}
