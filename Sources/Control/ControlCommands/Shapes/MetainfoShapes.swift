import BitTorrentTypes
import Metainfo
import ServiceShapes

// What scripts see of a .torrent file.

extension Metainfo {
    var magnet: String { MagnetLink(self).text }

    /// Both under stable keys; a version that the torrent has not is null.
    var infoHashes: JSONValue { .infoHashes(infoHashV1, infoHashV2) }

    /// The files that hold something: padding is no file to anybody.
    var payloadFiles: [MetainfoFile] { files.filter { !$0.isPadding } }

    var json: JSONValue {
        JSONValue.name("name", name).adding(infoHashes).adding([
            "size": .integer(payloadLength),
            "piece_length": .integer(layout.pieceLength),
            "pieces": .integer(layout.pieceCount),
            "files": .array(payloadFiles.map { $0.json(in: version) }),
            "magnet": .text(magnet),
            "version": .text(version.rawValue),
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

    /// The lines that a new torrent is known by.
    var identity: [String] {
        var lines: [String] = []
        if let infoHashV1 { lines.append("info-hash v1  \(infoHashV1.hex)") }
        if let infoHashV2 { lines.append("info-hash v2  \(infoHashV2.hex)") }
        return lines + ["magnet        \(DisplayText.escaped(magnet))"]
    }
}

extension MetainfoFile {
    fileprivate func json(in version: MetainfoVersion) -> JSONValue {
        let json = JSONValue.name("path", joinedPath).adding(["length": .integer(length)])
        guard version.hasV2 else { return json }
        return json.adding(["pieces_root": .optional(piecesRoot.map { Hexadecimal.encode($0) })])
    }
}

extension MagnetLink {
    var json: JSONValue {
        (name.map { JSONValue.name("name", $0) } ?? ["name": .null])
            .adding(.infoHashes(infoHashV1, infoHashV2))
            .adding([
                "magnet": .text(text),
                "trackers": .array(trackers.map { .text($0) }),
                "web_seeds": .array(webSeeds.map { .text($0) }),
                "peers": .array(peers.map { .text($0.description) }),
                "size": .optional(exactLength),
                "warnings": .array(warnings.map { .text($0) }),
            ])
    }
}

extension JSONValue {
    /// 40 and 64 hexadecimal digits, or null.
    fileprivate static func infoHashes(_ v1: InfoHash?, _ v2: InfoHashV2?) -> JSONValue {
        ["info_hash_v1": .optional(v1?.hex), "info_hash_v2": .optional(v2?.hex)]
    }
}
