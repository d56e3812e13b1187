import BitTorrentTypes
import FoundationEssentials
import Hummingbird
import Logging
import TrackerStore

/// `POST /api/tracker/upload`: files to share, or a .torrent file to list.
struct UploadRoute: Sendable {
    let receiver: UploadReceiver
    let service: UploadService
    let presenter: TorrentPresenter

    @Sendable func upload(_ request: Request, _ context: TrackerContext) async throws -> Response {
        try await answer(context) { () async throws in
            switch try await received(request) {
            case .files(let upload, let fields):
                let labels: TorrentLabels
                do throws(UploadError) {
                    labels = try fields.labels()
                } catch {
                    await service.drop(upload, because: error)
                    throw error
                }
                return try await service.share(upload, labels: labels)
            case .torrent(let bytes, let fields):
                return try await service.register(bytes, labels: try fields.labels())
            }
        }
    }

    /// What every way of uploading answers: 201 for a new torrent, 200 for one that was listed already.
    func answer(
        _ context: TrackerContext,
        _ work: () async throws -> (torrent: CatalogueTorrent, isNew: Bool)
    ) async throws -> Response {
        do {
            let (torrent, isNew) = try await work()
            let logged: Logger.Metadata = ["info_hash": "\(torrent.infoHash)", "new": "\(isNew)"]
            context.logger.info("a file was uploaded", metadata: logged)
            var response = Response.json(presenter.receipt(torrent), status: isNew ? .created : .ok)
            if isNew { response.headers[.location] = presenter.detailPath(torrent.infoHash) }
            return response
        } catch let error as UploadError {
            context.logger.notice("an upload failed", metadata: ["reason": "\(error)"])
            var problem = Problem(error)
            problem.endsConnection = true
            throw problem
        }
    }

    private func received(_ request: Request) async throws -> Received {
        let type = request.headers[.contentType] ?? ""
        if type.lowercased().hasPrefix("application/x-bittorrent") { return try await torrent(request) }
        guard let boundary = MultipartBoundary(contentType: type) else { throw unsupported(type) }
        return try await receiver.receive(
            request.body,
            boundary: boundary,
            contentLength: request.headers[.contentLength].flatMap { Int($0) },
            id: try id(QueryItems(request))
        )
    }

    /// A .torrent file as the whole body.
    private func torrent(_ request: Request) async throws -> Received {
        do {
            let body = try await request.body.collect(upTo: UploadNames.torrentLimit)
            return .torrent(Array(body.readableBytesView), UploadFields())
        } catch is any HTTPResponseError {
            throw UploadError.tooLarge(limit: UploadNames.torrentLimit)
        } catch {
            throw UploadError.interrupted
        }
    }

    /// What the uploader calls the upload in events: `?id=`.
    private func id(_ query: QueryItems) throws(Problem) -> String? {
        guard let id = query["id"] else { return nil }
        let isGood =
            (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
        guard isGood else {
            throw Problem(
                .badRequest,
                "That is no id.",
                action: "Take 1 to 64 of A-Z a-z 0-9 - and _.",
                endsConnection: true
            )
        }
        return id
    }

    private func unsupported(_ type: String) -> any Error {
        guard !type.lowercased().hasPrefix("multipart/form-data") else { return UploadError.multipart(.noBoundary) }
        return Problem(
            .unsupportedMediaType,
            "An upload must be multipart/form-data.",
            action: "Send a form with the field file, as browsers and curl -F do.",
            endsConnection: true
        )
    }
}
