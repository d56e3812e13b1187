import AnnounceDoors
package import BitTorrentTypes
package import BusServices
package import BusTransport
import Metainfo
import TrackerStore

/// The torrents that this tracker lists: the store, and what the swarms must know of it.
package struct Catalogue: Sendable {
    let store: TrackerStore
    let swarms: Swarms
    let address: ServiceAddress
    let news: EventHub
    let now: @Sendable () -> Int

    /// Lists `metainfo`; false when it was listed already, and then it keeps the labels it has.
    func list(
        _ metainfo: Metainfo,
        path: String?,
        labels: TorrentLabels = TorrentLabels()
    ) async throws(TrackerStoreError) -> (CatalogueTorrent, isNew: Bool) {
        var entry = CatalogueTorrent(
            infoHash: metainfo.infoHash,
            name: Self.displayName(metainfo.name),
            size: metainfo.payloadLength,
            pieceLength: metainfo.layout.pieceLength,
            pieces: metainfo.layout.pieceCount,
            files: metainfo.files.count { !$0.isPadding },
            isPrivate: metainfo.isPrivate,
            createdAt: now(),
            path: path
        )
        entry.infoHashV2 = metainfo.infoHashV2
        entry.labels = labels
        let isNew = try await store.insert(entry, metainfo: metainfo.bytes)
        swarms.list(metainfo.infoHash)
        if isNew { news.publish(.catalogue(metainfo.infoHash, isListed: true)) }
        let listed = isNew ? entry : try await store.torrent(metainfo.infoHash)
        return (listed ?? entry, isNew)
    }

    /// Lists it no more; false when it was not listed.
    @discardableResult
    func withdraw(_ infoHash: InfoHash) async throws(TrackerStoreError) -> Bool {
        let wasListed = try await store.remove(infoHash)
        swarms.unlist(infoHash)
        if wasListed { news.publish(.catalogue(infoHash, isListed: false)) }
        return wasListed
    }

    private static func displayName(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self) ?? PrintableText.escape(bytes)
    }
}

extension Catalogue: CatalogueService {
    package func register(metainfo bytes: [UInt8]) async throws(BusFault) -> CatalogueEntry {
        let metainfo: Metainfo
        do {
            metainfo = try Metainfo.parse(bytes)
            try metainfo.requireShareable()
        } catch {
            throw BusFault(.invalid, "\(error)")
        }
        let isNew: Bool
        do { (_, isNew) = try await list(metainfo, path: nil) } catch { throw BusFault(.failed, "\(error)") }
        return CatalogueEntry(
            infoHash: metainfo.infoHash,
            announceURL: address.announceURL,
            torrentURL: address.torrentURL(metainfo.infoHash),
            alreadyPresent: !isNew
        )
    }

    package func find(_ infoHash: InfoHash) async throws(BusFault) -> [UInt8] {
        let metainfo: [UInt8]?
        do { metainfo = try await store.metainfo(infoHash) } catch { throw BusFault(.failed, "\(error)") }
        guard let metainfo else { throw BusFault(.notFound, "this tracker does not list \(infoHash)") }
        return metainfo
    }
}
