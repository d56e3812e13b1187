import BitTorrentTypes
import Hummingbird
import NIOPosix
import TrackerStore

/// `POST /api/tracker/tus/finish`: complete uploads become one torrent, like the parts of a form.
struct TusFinish: Sendable {
    private static let bodyLimit = 2 << 20

    private struct Order: Decodable {
        /// Ids, in the order of the torrent's files.
        let uploads: [String]
        let name: String?
        let category: String?
        let description: String?
        let tags: [String]?
    }

    let store: TusStore
    let receiver: UploadReceiver
    let route: UploadRoute

    @Sendable func finish(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let order = try await JSONBody.read(
            Order.self,
            of: request,
            limit: Self.bodyLimit,
            action: "Give uploads as a list of ids; name, category, description and tags may be left out."
        )
        let answer = try await store.holding(order.uploads) {
            try await route.answer(context) { try await share(order) }
        }
        guard let answer else { throw TusRoutes.locked }
        return answer
    }

    private func share(_ order: Order) async throws -> (torrent: CatalogueTorrent, isNew: Bool) {
        guard !order.uploads.isEmpty else { throw UploadError.noFile }
        guard order.uploads.count <= receiver.limits.parts, Set(order.uploads).count == order.uploads.count else {
            throw UploadError.tooManyParts(limit: receiver.limits.parts)
        }
        let labels = try UploadFields.labels(order.category, order.description, order.tags)
        var uploads: [TusUpload] = []
        for id in order.uploads {
            guard let upload = try await store.find(id, isHeld: true) else { throw TusRoutes.unknown }
            guard upload.isComplete else {
                let missing = upload.length - upload.offset
                throw Problem(.conflict, "The upload \(id) lacks \(missing) bytes.", action: "Send them first.")
            }
            uploads.append(upload)
        }
        let received = try await receiver.collect(uploads, name: order.name.map { Array($0.utf8) }, from: store.files)
        let shared = try await route.service.share(received, labels: labels)
        // Only now: when this process ends before, the client finishes again.
        for upload in uploads {
            try await store.remove(upload.id, because: nil)
            if upload.id != uploads[0].id { receiver.events.end(upload.id, shared.torrent.infoHash) }
        }
        return shared
    }
}

extension UploadReceiver {
    /// Files that came in pieces, as an upload; they stay where they are, too.
    func collect(_ uploads: [TusUpload], name: [UInt8]?, from files: TusFiles) async throws(UploadError)
        -> ReceivedUpload
    {
        let arrangement = try UploadNames.arrange(
            uploads.map(\.path),
            lengths: uploads.map(\.length),
            givenName: name
        )
        let folder = try await UploadFolder.make(in: self.uploads, pool: pool)
        let meter = UploadMeter(id: uploads[0].id, bytesTotal: nil, events: events)
        do throws(UploadError) {
            for (number, upload) in uploads.enumerated() {
                try await folder.link(files.data(upload.id), asPart: number)
            }
            let upload = ReceivedUpload(
                source: .folder(folder, UploadAllowance(quota)),
                arrangement: arrangement,
                lengths: uploads.map(\.length),
                meter: meter
            )
            try await upload.settle()
            return upload
        } catch {
            try await folder.remove()
            meter.fail(Problem(error).detail)
            throw error
        }
    }
}

extension UploadEvents {
    /// The upload `id` became a part of a torrent.
    fileprivate func end(_ id: String, _ infoHash: InfoHash) {
        guard var progress = current.last(where: { $0.id == id && !$0.phase.isOver }) else { return }
        progress.phase = .done
        progress.infoHash = infoHash
        report(progress)
    }
}
