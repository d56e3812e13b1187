import BitTorrentTypes
import Crypto
import Hummingbird
import NIOCore

/// A good answer in the form that its asker can use best: 304 when it has it already, compressed when it can unpack it.
///
/// - Source: RFC 9110, 8.8.3 (ETag), 12.5.3 (Accept-Encoding), 13.1.2 (If-None-Match).
enum Representation {
    /// Longer answers go out as they are.
    private static let longest = 16 << 20
    /// Shorter ones fit into a packet anyway.
    private static let shortestToCompress = 1024

    static func of(_ response: Response, for request: Request, isTagged: Bool) async throws -> Response {
        guard response.status == .ok, let length = response.body.contentLength, length <= longest else {
            return response
        }
        let type = response.headers[.contentType] ?? ""
        let isCompressible = length >= shortestToCompress && Self.isText(type)
        guard isTagged || isCompressible else { return response }
        var response = response
        let body = try await collect(response.body)
        if isTagged {
            let tag = tag(body)
            response.headers[.eTag] = tag
            response.headers[.cacheControl] = "no-cache"
            if let known = request.headers[.ifNoneMatch], matches(tag, known) {
                response.headers[.contentType] = nil
                return Response(status: .notModified, headers: unbodied(response.headers))
            }
        }
        response.body = ResponseBody(byteBuffer: body)
        guard isCompressible else { return response }
        response.headers[.vary] = "Accept-Encoding"
        let accepted = request.headers[.acceptEncoding] ?? ""
        guard MediaTypes.isAcceptable("gzip", accepted), let packed = GZip.compress(body) else { return response }
        response.headers[.contentEncoding] = "gzip"
        response.body = ResponseBody(byteBuffer: packed)
        return response
    }

    /// Weak: the same tag whether compressed or not.
    private static func tag(_ body: ByteBuffer) -> String {
        let digest = SHA256.hash(data: body.readableBytesView)
        return "W/\"\(Hexadecimal.encode(Array(digest.prefix(16))))\""
    }

    /// Weak comparison with a list of tags, or `*`.
    private static func matches(_ tag: String, _ list: String) -> Bool {
        let tag = tag.drop { $0 != "\"" }
        return list.split(separator: ",").contains { item in
            let item = item.filter { $0 != " " }
            return item == "*" || item == tag || item == "W/" + tag
        }
    }

    private static func unbodied(_ headers: HTTPFields) -> HTTPFields {
        var headers = headers
        headers[.contentLength] = nil
        return headers
    }

    private static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || type.hasPrefix("application/json") || type.hasPrefix("application/javascript")
            || type.hasPrefix("image/svg+xml")
    }

    private static func collect(_ body: ResponseBody) async throws -> ByteBuffer {
        let collected = Collected()
        try await body.write(collected)
        return collected.bytes
    }

    /// What a body writes; it is written by one task and then read.
    private final class Collected: ResponseBodyWriter {
        var bytes = ByteBuffer()

        func write(_ buffer: ByteBuffer) async throws {
            bytes.writeImmutableBuffer(buffer)
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
