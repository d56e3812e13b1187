package import BitTorrentTypes
import Bencode

/// Asks a tracker for the numbers of some torrents.
///
/// - Source: BEP 48.
package struct ScrapeRequest: Hashable, Sendable {
    /// More torrents than this in one request are left out.
    package static let maximumTorrents = 100

    package var infoHashes: [InfoHash]

    package init(infoHashes: [InfoHash]) {
        self.infoHashes = infoHashes
    }

    /// Reads what follows the `?`; a scrape of everything is refused.
    package static func parse(query bytes: some Collection<UInt8>) throws(AnnounceRefusal) -> ScrapeRequest {
        let values = try Query(bytes).values(of: "info_hash")
        guard !values.isEmpty else { throw .missing(field: "info_hash") }
        var infoHashes: [InfoHash] = []
        for value in values.prefix(maximumTorrents) { infoHashes.append(try Query.infoHash(value)) }
        return ScrapeRequest(infoHashes: infoHashes)
    }

    /// The whole address to ask, for a tracker whose URL may have parameters of its own.
    package func url(scrape url: String) -> String { url + (url.contains("?") ? "&" : "?") + query() }

    package func query() -> String {
        infoHashes.map { "info_hash=" + PercentEncoding.encode($0.bytes) }.joined(separator: "&")
    }
}

/// The numbers of some torrents.
package struct ScrapeResponse: Hashable, Sendable {
    package struct Torrent: Hashable, Sendable {
        /// Seeders, downloads completed so far, and leechers.
        package let complete: Int
        package let downloaded: Int
        package let incomplete: Int

        package init(complete: Int, downloaded: Int, incomplete: Int) {
            self.complete = complete
            self.downloaded = downloaded
            self.incomplete = incomplete
        }
    }

    package var torrents: [InfoHash: Torrent]

    package init(torrents: [InfoHash: Torrent]) {
        self.torrents = torrents
    }

    package func encoded() -> [UInt8] {
        let files = torrents.map { hash, torrent in
            let numbers: BencodeValue = [
                "complete": .integer(torrent.complete), "downloaded": .integer(torrent.downloaded),
                "incomplete": .integer(torrent.incomplete),
            ]
            return (hash.bytes, numbers)
        }
        let reply: BencodeValue = ["files": .dictionary(Dictionary(uniqueKeysWithValues: files))]
        return reply.encoded()
    }

    /// Reads the answer of any tracker; negative or missing numbers count as zero.
    package static func parse(_ bytes: [UInt8]) throws(TrackerReplyError) -> ScrapeResponse {
        let root = try TrackerFailure.dictionary(of: bytes)
        guard let files = root["files"]?.dictionary else { throw .notDictionary }
        var response = ScrapeResponse(torrents: [:])
        for entry in files.entries {
            guard let hash = InfoHash(entry.key) else { continue }
            func number(_ key: String) -> Int { max(0, entry.value[key]?.integer ?? 0) }
            response.torrents[hash] = Torrent(
                complete: number("complete"),
                downloaded: number("downloaded"),
                incomplete: number("incomplete")
            )
        }
        return response
    }
}
