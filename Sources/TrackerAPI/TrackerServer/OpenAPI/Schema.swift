import ServiceShapes

/// What a JSON value looks like, as a JSON Schema (2020-12, the one of OpenAPI 3.1).
///
/// A schema that has a name is written once, under `components`, and referred to.
struct Schema: Sendable {
    let json: JSONValue
    /// The named schemas that this one refers to, by name.
    let components: [String: JSONValue]

    private init(_ json: JSONValue, components: [String: JSONValue] = [:]) {
        self.json = json
        self.components = components
    }

    static let boolean = Schema(["type": "boolean"])
    static let string = Schema(["type": "string"])
    static let number = Schema(["type": "number"])
    static let integer = Schema(["type": "integer"])
    /// A size, a count: never negative.
    static let count = integer.with("minimum", 0)
    static let time = string.with("format", "date-time")
    static let bytes = string.with("contentMediaType", "application/octet-stream")

    static func array(of items: Schema) -> Schema {
        Schema(["type": "array", "items": items.json], components: items.components)
    }

    /// An object with these properties, all there but the optional ones.
    ///
    /// An object that is sent may have no others; in one that is received they do no harm.
    static func object(
        _ properties: Properties,
        optional: Set<String> = [],
        isOpen: Bool = false
    ) -> Schema {
        let fields = properties.all.map { JSONValue.Field(key: $0.name, value: $0.schema.json) }
        let required = properties.all.map(\.name).filter { !optional.contains($0) }
        var json: JSONValue = ["type": "object", "properties": .object(fields)]
        if !required.isEmpty { json = json.adding(["required": .array(required.map { .text($0) })]) }
        if !isOpen { json = json.adding(["additionalProperties": false]) }
        return Schema(json, components: merged(properties.all.map(\.schema)))
    }

    /// An object whose keys are names and whose values are alike.
    static func map(of values: Schema) -> Schema {
        Schema(["type": "object", "additionalProperties": values.json], components: values.components)
    }

    static func oneOf(_ schemas: Schema...) -> Schema {
        Schema(["oneOf": .array(schemas.map(\.json))], components: merged(schemas))
    }

    static func choice(_ values: [String]) -> Schema {
        string.with("enum", .array(values.map { .text($0) }))
    }

    /// This, or null.
    var orNull: Schema {
        Schema(["anyOf": [json, ["type": "null"]]], components: components)
    }

    func with(_ keyword: String, _ value: JSONValue) -> Schema {
        Schema(json.adding(.object([JSONValue.Field(key: keyword, value: value)])), components: components)
    }

    /// What the value means; one sentence.
    func meaning(_ text: String) -> Schema { with("description", .text(text)) }

    func example(_ value: JSONValue) -> Schema { with("examples", [value]) }

    func named(_ name: String) -> Schema {
        Schema(["$ref": .text("#/components/schemas/\(name)")], components: components.merging([name: json]) { $1 })
    }

    private static func merged(_ schemas: [Schema]) -> [String: JSONValue] {
        schemas.reduce(into: [:]) { merged, schema in merged.merge(schema.components) { $1 } }
    }
}

/// The properties of an object, in order.
struct Properties: Sendable, ExpressibleByDictionaryLiteral {
    let all: [(name: String, schema: Schema)]

    init(dictionaryLiteral elements: (String, Schema)...) { all = elements }

    private init(_ all: [(name: String, schema: Schema)]) { self.all = all }

    func and(_ more: Properties) -> Properties { Properties(all + more.all) }
}

extension Schema {
    static let infoHash = string.with("pattern", "^[0-9a-fA-F]{40}$")
        .meaning("The version 1 info-hash: SHA-1 of the info dictionary, in hexadecimal.")
        .example("c12fe1c06bba254a9dc9f519b335aa7c1367a88a")

    /// - Source: RFC 9457; `action` is an extension member.
    static let problem = object([
        "type": string.meaning("Always about:blank: the status says what kind it is."),
        "title": string.meaning("The name of the status."),
        "status": integer.with("minimum", 400).with("maximum", 599),
        "detail": string.meaning("What went wrong."),
        "action": string.meaning("What to do about it."),
    ]).named("Problem")
}
