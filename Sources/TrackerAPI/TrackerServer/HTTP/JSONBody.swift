import FoundationEssentials
import Hummingbird
import NIOCore

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
            var problem = Problem(.unsupportedMediaType, "The body is JSON here.", action: "Send application/json.")
            problem.endsConnection = true
            throw problem
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            var problem = Problem(.contentTooLarge, "The body is longer than \(limit) bytes.", action: action)
            problem.endsConnection = true
            throw problem
        }
        return try parse(type, Array(buffer: body), action: action)
    }

    static func parse<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], action: String) throws(Problem) -> Value {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let value = try decoder.decode(type, from: Data(bytes))
            guard !repeatsKey(bytes) else { throw Problem(.badRequest, "A key is there twice.", action: action) }
            return value
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "The body is not what is expected here.", action: action)
        }
    }

    /// Whether an object names a key twice; the text is known to be JSON.
    private static func repeatsKey(_ bytes: [UInt8]) -> Bool {
        var keys: [Set<ArraySlice<UInt8>>] = []
        var (index, string) = (0, 0..<0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let start = index + 1
                index = start
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                string = start..<min(index, bytes.count)
            case UInt8(ascii: ":"):
                guard !keys.isEmpty, keys[keys.count - 1].insert(bytes[string]).inserted else { return true }
            case UInt8(ascii: "{"):
                keys.append([])
            case UInt8(ascii: "}"):
                _ = keys.popLast()
            default:
                break
            }
            index += 1
        }
        return false
    }
}
