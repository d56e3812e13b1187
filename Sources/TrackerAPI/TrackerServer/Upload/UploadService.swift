import AnnounceDoors
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
    func share(
        _ upload: ReceivedUpload,
        labels: TorrentLabels = TorrentLabels()
    ) async throws(UploadError) -> (torrent: CatalogueTorrent, isNew: Bool) {
        do throws(UploadError) {
            let shared = try await list(try await describe(upload), upload, labels)
            upload.meter.end(shared.torrent.infoHash)
            return shared
        } catch {
            await drop(upload, because: error)
            throw error
        }
    }

    /// Takes back an upload that is not to be shared.
    func drop(_ upload: ReceivedUpload, because error: UploadError) async {
        await discard(upload)
        upload.meter.fail(Problem(error).detail)
    }

    /// Lists and tracks the torrent of a .torrent file; whoever has the data seeds it.
    func register(
        _ bytes: [UInt8],
        labels: TorrentLabels
    ) async throws(UploadError) -> (torrent: CatalogueTorrent, isNew: Bool) {
        let metainfo: Metainfo
        do {
            metainfo = try Metainfo.parse(bytes)
            try metainfo.requireShareable()
        } catch {
            throw .noTorrent(error)
        }
        do { return try await catalogue.list(metainfo, path: nil, labels: labels) } catch { throw .store(error) }
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
        upload.meter.enter(.hashing, bytesTotal: total, name: PrintableText.escape(upload.name))
        let task = HashTask(id: upload.id, kind: .upload, name: upload.name, bytesTotal: total)
        let files = upload.files.indices.map { (location: upload.location(of: $0), length: upload.files[$0].length) }
        let hasher = PayloadHasher(service: hashing, task: task)
        var builder = MetainfoBuilder(
            name: upload.name,
            files: upload.files,
            isSingleFile: upload.isSingleFile,
            pieceLength: pieceLength,
            pieceHashes: try await hasher.hash(files, layout: layout, progress: upload.meter.reach)
        )
        builder.trackers = [[catalogue.address.announceURL]]
        builder.createdBy = clientName
        builder.creationDate = catalogue.now()
        do { return try builder.build() } catch { throw .refused(error) }
    }

    private func list(
        _ metainfo: Metainfo,
        _ upload: ReceivedUpload,
        _ labels: TorrentLabels
    ) async throws(UploadError) -> (torrent: CatalogueTorrent, isNew: Bool) {
        upload.meter.enter(.seeding, bytesTotal: nil)
        let path: String? = if case .folder(let folder, _) = upload.source { "\(folder.path)" } else { nil }
        let entry: CatalogueTorrent
        let isNew: Bool
        do {
            (entry, isNew) = try await catalogue.list(metainfo, path: path, labels: labels)
        } catch {
            throw .store(error)
        }
        if !isNew, let counts = catalogue.swarms.counts(of: entry.infoHash), counts.seeders > 0 {
            await discard(upload)
            return (entry, false)
        }
        do throws(UploadError) {
            if try await seed(metainfo, in: upload.directory) {
                await discard(upload)
            } else {
                try await keep(upload, of: entry, at: path)
            }
            return (entry, isNew)
        } catch {
            if isNew { await withdraw(entry.infoHash) }
            throw error
        }
    }

    /// The files stay: the catalogue says where they are, and the next start does not sweep them away.
    private func keep(_ upload: ReceivedUpload, of entry: CatalogueTorrent, at path: String?) async throws(UploadError)
    {
        guard case .folder(let folder, let allowance) = upload.source, let path else { return }
        if entry.path != path {
            do { try await catalogue.store.move(entry.infoHash, to: path) } catch { throw .store(error) }
        }
        try await folder.seal()
        allowance.settle(stored: upload.files.reduce(0) { $0 + $1.length })
    }

    /// Waits until a peer-node seeds the files; true when it does so from other files.
    func seed(_ metainfo: Metainfo, in folder: DiskPath) async throws(UploadError) -> Bool {
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
                guard mayPass, attempt < Self.seedingAttempts, await pause() else { throw .seeding(error) }
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
        guard case .folder(let folder, let allowance) = upload.source else { return }
        allowance.settle(stored: 0)
        do {
            try await folder.remove()
        } catch {
            logger.error("an upload could not be removed", metadata: ["path": "\(folder.path)"])
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
