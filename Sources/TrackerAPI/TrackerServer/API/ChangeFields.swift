import BitTorrentTypes
import BusServices
import Hummingbird
import NIOCore
import ServiceShapes

extension Request {
    /// A change is short.
    private static let bodyLimit = 64 << 10

    /// The body as one JSON object.
    func json() async throws -> JSONValue {
        let body: ByteBuffer
        do {
            body = try await self.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge,
                "The body is longer than \(Self.bodyLimit) bytes.",
                action: "Send less at once.",
                endsConnection: true
            )
        }
        do {
            let value = try JSONValue.parse(Array(buffer: body))
            if case .object = value { return value }
        } catch {
            throw Problem(.badRequest, "The body is no JSON: \(error).", action: "Send one JSON object.")
        }
        throw Problem(.badRequest, "The body is no JSON object.", action: "Send one JSON object.")
    }
}

/// The fields of a change, each read once; what is absent stays, and what is unknown is refused by name.
struct ChangeFields {
    private let object: JSONValue
    private var known: Set<String> = []

    init(_ object: JSONValue) { self.object = object }

    mutating func boolean(_ key: String) throws(Problem) -> Bool? {
        try read(key, "true or false") { $0.boolean }
    }

    /// Bytes a second, or null for unlimited.
    mutating func rate(_ key: String) throws(Problem) -> RateLimit? {
        try read(key, "bytes a second, or null") { value in
            if value == .null { return .unlimited }
            return value.integer.flatMap { $0 < 0 ? nil : RateLimit(bytesPerSecond: $0) }
        }
    }

    /// A number, `"node"` or `"off"`.
    mutating func seedLimit(_ key: String) throws(Problem) -> SeedLimit? {
        try read(key, "a number from 0, \"node\" or \"off\"") { value in
            switch value {
            case "node": .node
            case "off": .never
            default: value.number.flatMap { $0 >= 0 ? .at($0) : nil }
            }
        }
    }

    /// A number, or `"node"`.
    mutating func count(_ key: String) throws(Problem) -> CountLimit? {
        try read(key, "a number from 1, or \"node\"") { value in
            value == "node" ? .node : value.integer.flatMap { (1...100_000).contains($0) ? .at($0) : nil }
        }
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ key: String,
        _ type: Value.Type
    ) throws(Problem) -> Value? where Value.RawValue == String {
        let names = type.allCases.map(\.rawValue).joined(separator: ", ")
        return try read(key, "one of \(names)") { $0.text.flatMap { Value(rawValue: $0) } }
    }

    mutating func infoHash(_ key: String) throws(Problem) -> InfoHash? {
        try read(key, "40 hexadecimal digits") { $0.text.flatMap { InfoHash(hex: $0) } }
    }

    mutating func text(_ key: String) throws(Problem) -> String? {
        try read(key, "a text") { $0.text }
    }

    /// Ends the reading: whatever else is there is a mistake of the asker's.
    func finish() throws(Problem) {
        guard let key = object.keys.first(where: { !known.contains($0) }) else { return }
        throw Problem(
            .badRequest,
            "There is no field \"\(key.prefix(64))\".",
            action: "Use \(known.sorted().joined(separator: ", "))."
        )
    }

    private mutating func read<Value>(
        _ key: String,
        _ meaning: String,
        _ convert: (JSONValue) -> Value?
    ) throws(Problem) -> Value? {
        known.insert(key)
        guard let value = object[key] else { return nil }
        guard let converted = convert(value) else {
            throw Problem(.badRequest, "The field \(key) makes no sense.", action: "Give \(meaning).")
        }
        return converted
    }
}

extension TorrentChange {
    init(_ fields: consuming ChangeFields) throws(Problem) {
        self.init()
        var fields = fields
        isSequential = try fields.boolean("sequential")
        downLimit = try fields.rate("down_limit")
        upLimit = try fields.rate("up_limit")
        seedRatio = try fields.seedLimit("seed_ratio")
        seedTime = try fields.seedLimit("seed_time_s")
        connections = try fields.count("connections")
        uploadSlots = try fields.count("upload_slots")
        isSuperSeeding = try fields.boolean("super_seeding")
        queueMove = try fields.choice("queue_move", QueueMove.self)
        try fields.finish()
    }
}

extension NodeLimitsChange {
    init(_ fields: consuming ChangeFields) throws(Problem) {
        self.init()
        var fields = fields
        down = try fields.rate("down_limit")
        up = try fields.rate("up_limit")
        alternative = try fields.choice("alternative", AlternativeSpeeds.self)
        try fields.finish()
    }
}
