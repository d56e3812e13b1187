import BitTorrentTypes
import BusServices
import BusTransport
import Logging
import Metainfo
import TrackerEngine
import TrackerStore

/// Turns received files into a torrent that is listed, tracked and seeded.
///
///     files → hash → .torrent → catalogue row → a peer-node seeds → answer
///
/// When a step fails, what the earlier ones left is taken back.
struct UploadService: Sendable {
    /// A peer-node that is being restarted is asked again.
    private static let seedingAttempts = 5

    let catalogue: Catalogue
    let hashing: any HashingService
    let torrents: any TorrentsService
    let clientName: String
    let logger: Logger

    /// Shares `upload`; the same data as a listed torrent's gives that torrent, and the copy is removed.
    func share(_ upload: ReceivedUpload) async throws(UploadError) -> (torrent: CatalogueTorrent, isNew: Bool) {
        let metainfo: Metainfo
        do {
            metainfo = try await describe(upload)
        } catch {
            await discard(upload)
            throw error
        }
        do {
            return try await list(metainfo, upload)
        } catch {
            await discard(upload)
            throw error
        }
    }

    private func describe(_ upload: ReceivedUpload) async throws(UploadError) -> Metainfo {
        let total = upload.files.reduce(0) { $0 + $1.length }
        let pieceLength = MetainfoBuilder.automaticPieceLength(totalLength: total)
        let layout: PieceLayout
        do {
            layout = try PieceLayout(totalLength: total, pieceLength: pieceLength)
        } catch {
            throw .refused(.layout(error))
        }
        let task = HashTask(id: upload.id, kind: .upload, name: upload.name, bytesTotal: total)
        let files = upload.files.indices.map { (location: upload.location(of: $0), length: upload.files[$0].length) }
        var builder = MetainfoBuilder(
            name: upload.name,
            files: upload.files,
            isSingleFile: upload.isSingleFile,
            pieceLength: pieceLength,
            pieceHashes: try await PayloadHasher(service: hashing, task: task).hash(files, layout: layout)
        )
        builder.trackers = [[catalogue.address.announceURL]]
        builder.createdBy = clientName
        builder.creationDate = catalogue.now()
        do { return try builder.build() } catch { throw .refused(error) }
    }

    private func list(
        _ metainfo: Metainfo,
        _ upload: ReceivedUpload
    ) async throws(UploadError) -> (torrent: CatalogueTorrent, isNew: Bool) {
        let entry: CatalogueTorrent
        let isNew: Bool
        do {
            (entry, isNew) = try await catalogue.list(metainfo, path: "\(upload.folder.path)")
        } catch {
            throw .store(error)
        }
        if !isNew, let counts = catalogue.swarms.counts(of: entry.infoHash), counts.seeders > 0 {
            await discard(upload)
            return (entry, false)
        }
        do {
            let isSeededElsewhere = try await seed(metainfo, in: upload.folder.path)
            if isSeededElsewhere { await discard(upload) }
            return (entry, isNew)
        } catch {
            if isNew { await withdraw(entry.infoHash) }
            throw .seeding(error)
        }
    }

    /// Waits until a peer-node seeds the files; true when it does so from other files.
    private func seed(_ metainfo: Metainfo, in folder: DiskPath) async throws(BusFault) -> Bool {
        var addition = TorrentAddition(metainfo: metainfo.bytes, directory: folder.bytes)
        addition.existingData = .verified
        var attempt = 1
        while true {
            do {
                let (torrent, alreadyPresent) = try await torrents.add(addition)
                return alreadyPresent && !torrent.path.starts(with: folder.bytes)
            } catch {
                // Asking twice does no harm: a node that has the torrent says so.
                let mayPass = [.unavailable, .overloaded, .deadlineExceeded].contains(error.code)
                guard mayPass, attempt < Self.seedingAttempts, await pause() else { throw error }
                attempt += 1
            }
        }
    }

    private func pause() async -> Bool {
        do {
            try await Task.sleep(for: .seconds(1))
            return true
        } catch {
            return false  // The server ends.
        }
    }

    private func discard(_ upload: ReceivedUpload) async {
        do {
            try await upload.folder.remove()
        } catch {
            logger.error("an upload could not be removed", metadata: ["path": "\(upload.folder.path)"])
        }
    }

    private func withdraw(_ infoHash: InfoHash) async {
        do {
            try await catalogue.withdraw(infoHash)
        } catch {
            logger.error(
                "a torrent could not be withdrawn",
                metadata: ["info_hash": "\(infoHash)", "reason": "\(error)"]
            )
        }
    }
}
