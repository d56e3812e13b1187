import AnnounceDoors
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
        let infoHashV2: String?
        let name: String
        let size: Int
        let pieceLength: Int
        let pieces: Int
        let files: Int
        let isPrivate: Bool
        let createdAt: Date
        let updatedAt: Date
        let uploader: String?
        let category: String
        let tags: [String]
        /// Of one torrent only: a page of them would be long.
        let description: String?
        let seeders: Int
        let leechers: Int
        let completed: Int
        let magnet: String
        let torrentURL: String

        enum CodingKeys: String, CodingKey {
            case infoHash, infoHashV2, name, size, pieceLength, pieces, files, createdAt, updatedAt, uploader
            case category, tags, description, seeders, leechers, completed, magnet
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

    func item(_ torrent: CatalogueTorrent) -> Item { item(torrent, description: nil) }

    /// One torrent with all that people say of it.
    func described(_ torrent: CatalogueTorrent) -> Item { item(torrent, description: torrent.labels.description) }

    private func item(_ torrent: CatalogueTorrent, description: String?) -> Item {
        let counts = swarms.counts(of: torrent.infoHash)
        return Item(
            infoHash: torrent.infoHash.hex,
            infoHashV2: torrent.infoHashV2?.hex,
            name: torrent.name,
            size: torrent.size,
            pieceLength: torrent.pieceLength,
            pieces: torrent.pieces,
            files: torrent.files,
            isPrivate: torrent.isPrivate,
            createdAt: Date(timeIntervalSince1970: Double(torrent.createdAt)),
            updatedAt: Date(timeIntervalSince1970: Double(torrent.updatedAt)),
            uploader: torrent.uploader,
            category: torrent.labels.category,
            tags: torrent.labels.tags,
            description: description,
            seeders: counts?.seeders ?? 0,
            leechers: counts?.leechers ?? 0,
            completed: counts?.completed ?? torrent.completed,
            magnet: magnet(torrent),
            torrentURL: address.torrentURL(torrent.infoHash)
        )
    }

    func detail(_ torrent: CatalogueTorrent, _ metainfo: Metainfo) -> Detail {
        Detail(
            item: described(torrent),
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
        var magnet = MagnetLink(infoHash: torrent.infoHash, infoHashV2: torrent.infoHashV2)
        magnet.name = Array(torrent.name.utf8)
        magnet.exactLength = torrent.size
        magnet.trackers = [address.announceURL]
        return magnet.text
    }
}
