import BitTorrentTypes
import Metainfo

// What people see of a .torrent file and of a magnet link.

extension Metainfo {
    /// A page about the torrent.
    var page: [String] {
        var page = [
            "name          \(DisplayText.escaped(name))",
            "version       \(version.shown)",
        ]
        page += identity.dropLast()
        page += [
            "size          \(HumanUnits.bytes(payloadLength)) (\(payloadLength) bytes)",
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
        return page + filePage
    }

    private var filePage: [String] {
        guard !isSingleFile else { return ["one file"] }
        let files = payloadFiles
        return [files.count == 1 ? "1 file" : "\(files.count) files"]
            + files.map {
                DisplayText.padded(HumanUnits.bytes($0.length), to: 12, alignedRight: true) + "  "
                    + DisplayText.escaped($0.joinedPath)
            }
    }
}

extension MagnetLink {
    var page: [String] {
        var page: [String] = []
        if let name { page.append("name          \(DisplayText.escaped(name))") }
        if let infoHashV1 { page.append("info-hash v1  \(infoHashV1.hex)") }
        if let infoHashV2 { page.append("info-hash v2  \(infoHashV2.hex)") }
        page += trackers.map { "tracker       \(DisplayText.escaped($0))" }
        page += peers.map { "peer          \($0)" }
        return page
    }
}

extension MetainfoVersion {
    fileprivate var shown: String {
        switch self {
        case .v1: "1"
        case .hybrid: "hybrid: 1 and 2"
        case .v2: "2"
        }
    }
}
