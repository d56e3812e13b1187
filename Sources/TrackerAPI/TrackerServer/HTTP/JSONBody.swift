import FoundationEssentials
import Hummingbird
import NIOCore
import ServiceShapes

/// The body of a request as JSON, strict where leniency would hide a mistake.
enum JSONBody {
    /// Reads one JSON object of at most `limit` bytes; keys are in snake case.
    ///
    /// - Throws: ``Problem``: 415 for another media type, 413 for a longer body, 400 for what is no such object.
    static func read<Value: Decodable>(
        _ type: Value.Type,
        of request: Request,
        limit: Int,
        action: String
    ) async throws -> Value {
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
            throw Problem(
                .unsupportedMediaType,
                "The body is JSON here.",
                action: "Send application/json.",
                endsConnection: true
            )
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge,
                "The body is longer than \(limit) bytes.",
                action: action,
                endsConnection: true
            )
        }
        return try parse(type, Array(buffer: body), action: action)
    }

    static func parse<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], action: String) throws(Problem) -> Value {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            // Strictly first: the decoder takes the last of two equal keys, and any depth.
            _ = try JSONValue.parse(bytes)
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw Problem(.badRequest, "The body is not what is expected here.", action: action)
        }
    }
}
