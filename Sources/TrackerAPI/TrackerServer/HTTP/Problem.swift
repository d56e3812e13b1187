import FoundationEssentials
import Hummingbird
import NIOCore

/// An answer that says what went wrong and what to do.
///
/// - Source: RFC 9457; `action` is an extension member.
struct Problem: Error {
    let status: HTTPResponse.Status
    let detail: String
    let action: String
    var headers = HTTPFields()
    /// The request's body was not read to its end, so the connection is of no more use.
    var endsConnection = false

    init(_ status: HTTPResponse.Status, _ detail: String, action: String, endsConnection: Bool = false) {
        self.status = status
        self.detail = detail
        self.action = action
        self.endsConnection = endsConnection
    }

    static let notFound = Problem(
        .notFound,
        "There is nothing at this address.",
        action: "See / for the addresses that answer."
    )

    func response(in context: TrackerContext) -> Response {
        struct Content: Encodable {
            let type = "about:blank"
            let title: String
            let status: Int
            let detail: String
            let action: String
        }
        let content = Content(title: status.reasonPhrase, status: status.code, detail: detail, action: action)
        var response = Response.json(content, status: status, type: "application/problem+json")
        response.headers.append(contentsOf: headers)
        guard endsConnection else { return response }
        response.headers[.connection] = "close"
        let body = response.body
        let channel = context.channel
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            // A close with bytes unread would reset the connection before the client has read why.
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
        return response
    }
}

extension Response {
    /// `value` as JSON with snake-case keys.
    static func json(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        type: String = "application/json"
    ) -> Response {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do {
            return bytes(Array(try encoder.encode(value)), status: status, type: type)
        } catch {
            preconditionFailure("an answer of ours has no value that JSON cannot hold: \(error)")
        }
    }

    static func bytes(_ bytes: [UInt8], status: HTTPResponse.Status = .ok, type: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
