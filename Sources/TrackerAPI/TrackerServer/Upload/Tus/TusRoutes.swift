import Hummingbird
import TrackerStore

/// Resumable uploads: a file comes in as many requests as it takes, and goes on where it stopped after any break.
///
///     POST /api/tracker/tus             → Location: /api/tracker/tus/<id>
///     PATCH, HEAD, DELETE …/<id>        bytes, how many there are, no more of it
///     POST /api/tracker/tus/finish      one file, or many with their relative paths, become a torrent
///
/// - Source: tus 1.0 with creation, creation-with-upload, termination, checksum, expiration.
struct TusRoutes: Sendable {
    static let path = "/api/tracker/tus"

    let store: TusStore
    let limits: UploadLimits

    var routes: [Route] {
        [
            .options(Self.path, told(options, anyVersion: true), Self.optionsOperation),
            .post(Self.path, told(create), Self.createOperation),
            .head(Self.path + "/{id}", told(head), Self.headOperation),
            .patch(Self.path + "/{id}", told(patch), Self.patchOperation),
            .delete(Self.path + "/{id}", told(terminate), Self.terminateOperation),
            .post(Self.path + "/{id}", told(override), Self.overrideOperation),
            .options(Self.path + "/{id}", told(options, anyVersion: true), Self.optionsOfOneOperation),
        ]
    }

    @Sendable private func options(_ request: Request, _ context: TrackerContext) async throws -> Response {
        Response(
            status: .noContent,
            headers: [
                TusHeaders.versions: TusHeaders.version, TusHeaders.extensionList: TusHeaders.extensions,
                TusHeaders.maximumSize: "\(limits.bytes)", TusHeaders.checksumAlgorithms: TusChecksum.algorithms,
            ]
        )
    }

    @Sendable private func create(_ request: Request, _ context: TrackerContext) async throws -> Response {
        guard let length = TusHeaders.number(request.headers[TusHeaders.length]) else {
            throw bad("The length is missing.", "Send Upload-Length in bytes; it cannot be told later.")
        }
        guard length <= limits.bytes else { throw UploadError.tooLarge(limit: limits.bytes) }
        guard let metadata = TusMetadata(request.headers[TusHeaders.metadata] ?? "") else {
            throw bad("Upload-Metadata cannot be read.", "Send pairs of a key and a value in Base64.")
        }
        guard let path = metadata.path else { throw UploadError.unnamedFile }
        let upload = try await store.create(length: length, path: try UploadNames.components(of: path))
        var response = answer(upload, status: .created)
        response.headers[.location] = "\(Self.path)/\(upload.id)"
        guard request.headers[.contentType] == TusHeaders.chunkType else { return response }
        let offset = try await store.holding([upload.id]) { try await append(request, to: upload) } ?? 0
        response.headers[TusHeaders.offset] = "\(offset)"
        return response
    }

    @Sendable private func head(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let upload = try await upload(context)
        var response = answer(upload, status: .ok)
        response.headers[TusHeaders.length] = "\(upload.length)"
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable private func patch(_ request: Request, _ context: TrackerContext) async throws -> Response {
        guard request.headers[.contentType] == TusHeaders.chunkType else {
            throw Problem(
                .unsupportedMediaType,
                "That is no piece of an upload.",
                action: "Send \(TusHeaders.chunkType)."
            )
        }
        guard let offset = TusHeaders.number(request.headers[TusHeaders.offset]) else {
            throw bad("The offset is missing.", "Send Upload-Offset, as HEAD tells it.")
        }
        let id = context.parameters.get("id") ?? ""
        let answered = try await store.holding([id]) { () async throws -> Response in
            guard var upload = try await store.find(id, isHeld: true) else { throw Self.unknown }
            guard upload.offset == offset else {
                throw Problem(.conflict, "There are \(upload.offset) bytes.", action: "Go on from there.")
            }
            upload.offset = try await append(request, to: upload)
            return answer(try await store.find(id, isHeld: true) ?? upload, status: .noContent)
        }
        guard let answered else { throw Self.locked }
        return answered
    }

    @Sendable private func terminate(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let id = context.parameters.get("id") ?? ""
        let answered = try await store.holding([id]) { () async throws -> Response in
            guard try await store.find(id, isHeld: true) != nil else { throw Self.unknown }
            try await store.remove(id, because: "It was cancelled.")
            return Response(status: .noContent)
        }
        guard let answered else { throw Self.locked }
        return answered
    }

    /// For clients behind something that lets only GET and POST through.
    @Sendable private func override(_ request: Request, _ context: TrackerContext) async throws -> Response {
        switch request.headers[TusHeaders.methodOverride] {
        case "PATCH": return try await patch(request, context)
        case "DELETE": return try await terminate(request, context)
        case "HEAD": return try await head(request, context)
        default:
            var problem = Problem(
                .methodNotAllowed,
                "This address takes DELETE, HEAD, PATCH.",
                action: "Use one of them, or name it in X-HTTP-Method-Override."
            )
            problem.headers[.allow] = "DELETE, HEAD, OPTIONS, PATCH, POST"
            throw problem
        }
    }

    /// The new offset.
    private func append(_ request: Request, to upload: TusUpload) async throws -> Int {
        var checksum: TusChecksum?
        if let header = request.headers[TusHeaders.checksum] {
            checksum = TusChecksum(header)
            guard checksum != nil else {
                throw bad("The checksum is none that is known here.", "Use one of \(TusChecksum.algorithms).")
            }
        }
        if let length = TusHeaders.number(request.headers[.contentLength]), length > upload.length - upload.offset {
            throw UploadError.tooLarge(limit: upload.length)
        }
        guard let offset = try await store.append(request.body, to: upload, checksum: checksum) else {
            throw Problem(
                HTTPResponse.Status(code: 460, reasonPhrase: "Checksum Mismatch"),
                "The bytes are not those of the checksum.",
                action: "Send them again."
            )
        }
        return offset
    }

    private func upload(_ context: TrackerContext) async throws -> TusUpload {
        guard let upload = try await store.find(context.parameters.get("id") ?? "") else { throw Self.unknown }
        return upload
    }

    private func answer(_ upload: TusUpload, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [
                TusHeaders.offset: "\(upload.offset)", TusHeaders.expires: TusHeaders.date(upload.expiresAt),
            ]
        )
    }

    /// Speaks the protocol's version, and ends the connection after an error with a body half read.
    private func told(
        _ handler: @escaping Route.Handler,
        anyVersion: Bool = false
    ) -> Route.Handler {
        { request, context in
            do {
                guard anyVersion || request.headers[TusHeaders.resumable] == TusHeaders.version else {
                    var problem = Problem(
                        .preconditionFailed,
                        "This is another version of the protocol.",
                        action: "Send Tus-Resumable: \(TusHeaders.version)."
                    )
                    problem.headers[TusHeaders.versions] = TusHeaders.version
                    throw problem
                }
                var response = try await handler(request, context)
                response.headers[TusHeaders.resumable] = TusHeaders.version
                return response
            } catch let error as UploadError {
                throw Self.spoken(Problem(error))
            } catch let problem as Problem {
                throw Self.spoken(problem)
            }
        }
    }

    private static func spoken(_ problem: Problem) -> Problem {
        var problem = problem
        problem.headers[TusHeaders.resumable] = TusHeaders.version
        problem.endsConnection = true
        return problem
    }

    private func bad(_ detail: String, _ action: String) -> Problem { Problem(.badRequest, detail, action: action) }

    static let unknown = Problem(.notFound, "There is no such upload, or it expired.", action: "Begin it anew.")
    static let locked = Problem(
        HTTPResponse.Status(code: 423, reasonPhrase: "Locked"),
        "Somebody is sending to this upload.",
        action: "Try again when that has ended."
    )
}
