import BitTorrentTypes
import FoundationEssentials
import Metainfo
import TrackerEngine
import TrackerStore

/// Torrents as the interface shows them.
struct TorrentPresenter: Sendable {
    let address: ServiceAddress
    let swarms: Swarms

    /// What an upload gets back.
    struct Receipt: Encodable {
        let infoHash: String
        let name: String
        let size: Int
        let pieceLength: Int
        let pieces: Int
        let magnet: String
        let torrentURL: String

        enum CodingKeys: String, CodingKey {
            case infoHash, name, size, pieceLength, pieces, magnet
            case torrentURL = "torrentUrl"
        }
    }

    /// One row of a page.
    struct Item: Encodable {
        let infoHash: String
        let name: String
        let size: Int
        let pieceLength: Int
        let pieces: Int
        let files: Int
        let isPrivate: Bool
        let createdAt: Date
        let uploader: String?
        let seeders: Int
        let leechers: Int
        let completed: Int
        let magnet: String
        let torrentURL: String

        enum CodingKeys: String, CodingKey {
            case infoHash, name, size, pieceLength, pieces, files, createdAt, uploader, seeders, leechers, completed
            case magnet
            case isPrivate = "private"
            case torrentURL = "torrentUrl"
        }
    }

    struct Page: Encodable {
        let items: [Item]
        let total: Int
        let page: Int
        let perPage: Int
    }

    /// One torrent with its files.
    struct Detail: Encodable {
        struct File: Encodable {
            let path: String
            let size: Int
        }

        let item: Item
        let fileList: [File]
        let trackers: [[String]]
        let comment: String?

        enum CodingKeys: String, CodingKey {
            case fileList, trackers, comment
        }

        func encode(to encoder: any Encoder) throws {
            try item.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(fileList, forKey: .fileList)
            try container.encode(trackers, forKey: .trackers)
            try container.encodeIfPresent(comment, forKey: .comment)
        }
    }

    func receipt(_ torrent: CatalogueTorrent) -> Receipt {
        Receipt(
            infoHash: torrent.infoHash.hex,
            name: torrent.name,
            size: torrent.size,
            pieceLength: torrent.pieceLength,
            pieces: torrent.pieces,
            magnet: magnet(torrent),
            torrentURL: address.torrentURL(torrent.infoHash)
        )
    }

    func item(_ torrent: CatalogueTorrent) -> Item {
        let counts = swarms.counts(of: torrent.infoHash)
        return Item(
            infoHash: torrent.infoHash.hex,
            name: torrent.name,
            size: torrent.size,
            pieceLength: torrent.pieceLength,
            pieces: torrent.pieces,
            files: torrent.files,
            isPrivate: torrent.isPrivate,
            createdAt: Date(timeIntervalSince1970: Double(torrent.createdAt)),
            uploader: torrent.uploader,
            seeders: counts?.seeders ?? 0,
            leechers: counts?.leechers ?? 0,
            completed: counts?.completed ?? torrent.completed,
            magnet: magnet(torrent),
            torrentURL: address.torrentURL(torrent.infoHash)
        )
    }

    func detail(_ torrent: CatalogueTorrent, _ metainfo: Metainfo) -> Detail {
        Detail(
            item: item(torrent),
            fileList: metainfo.files.filter { !$0.isPadding }.map { file in
                let path = file.path.map { String(validating: $0, as: UTF8.self) ?? PrintableText.escape($0) }
                return Detail.File(path: path.joined(separator: "/"), size: file.length)
            },
            trackers: metainfo.trackers,
            comment: metainfo.comment.map { String(validating: $0, as: UTF8.self) ?? PrintableText.escape($0) }
        )
    }

    func detailPath(_ infoHash: InfoHash) -> String { "/api/tracker/torrents/\(infoHash)" }

    private func magnet(_ torrent: CatalogueTorrent) -> String {
        var magnet = MagnetLink(infoHash: torrent.infoHash)
        magnet.name = Array(torrent.name.utf8)
        magnet.exactLength = torrent.size
        magnet.trackers = [address.announceURL]
        return magnet.text
    }
}
