import BitTorrentTypes
import Hummingbird

/// The addresses of uploads.
struct UploadRoutes: Sendable {
    let upload: UploadRoute
    let events: UploadEvents
    let path: ServerPathRoute
    let tus: TusRoutes
    let tusFinish: TusFinish

    /// How uploads stand, as ``UploadProgress``.
    struct Uploads: Encodable {
        struct Upload: Encodable {
            let id: String
            let name: String
            let state: String
            let bytesDone: Int
            let bytesTotal: Int?
            let infoHash: String?
            let problem: String?
        }

        let items: [Upload]
    }

    /// `GET /api/tracker/uploads`: those under way and the last that ended, in the order in which they began.
    @Sendable func list(_ request: Request, _ context: TrackerContext) async throws -> Response {
        .json(
            Uploads(
                items: events.current.map { upload in
                    Uploads.Upload(
                        id: upload.id,
                        name: upload.name,
                        state: upload.phase.rawValue,
                        bytesDone: upload.bytesDone,
                        bytesTotal: upload.bytesTotal,
                        infoHash: upload.infoHash?.hex,
                        problem: upload.problem
                    )
                }
            )
        )
    }
}
