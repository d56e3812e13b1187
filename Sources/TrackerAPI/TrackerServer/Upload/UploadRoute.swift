import FoundationEssentials
import Hummingbird
import Logging
import TrackerStore

/// `POST /api/tracker/upload`.
struct UploadRoute: Sendable {
    let receiver: UploadReceiver
    let service: UploadService
    let presenter: TorrentPresenter

    @Sendable func upload(_ request: Request, _ context: TrackerContext) async throws -> Response {
        do {
            let type = request.headers[.contentType] ?? ""
            guard let boundary = MultipartBoundary(contentType: type) else { throw unsupported(type) }
            let received = try await receiver.receive(
                request.body,
                boundary: boundary,
                contentLength: request.headers[.contentLength].flatMap { Int($0) }
            )
            let (torrent, isNew) = try await service.share(received)
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

    private func unsupported(_ type: String) -> any Error {
        guard !type.lowercased().hasPrefix("multipart/form-data") else { return UploadError.multipart(.noBoundary) }
        var problem = Problem(
            .unsupportedMediaType,
            "An upload must be multipart/form-data.",
            action: "Send a form with the field file, as browsers and curl -F do."
        )
        problem.endsConnection = true
        return problem
    }
}
