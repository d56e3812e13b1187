import Hummingbird
import ServiceShapes

/// The routes as an OpenAPI document.
///
/// - Source: OpenAPI Specification 3.1.0.
struct OpenAPIDocument: Sendable {
    let json: JSONValue

    init(_ routes: [Route], version: String) {
        let schemas = routes.reduce(into: Schema.problem.components) { schemas, route in
            schemas.merge(route.operation.components) { $1 }
        }
        let paths = routes.byPath.map { path, routes in
            let operations = routes.map { route in
                JSONValue.Field(key: route.method.rawValue.lowercased(), value: route.operation.described)
            }
            return JSONValue.Field(key: path, value: .object(operations))
        }
        json = [
            "openapi": "3.1.0",
            "info": [
                "title": "p2p tracker",
                "version": .text(version),
                "description": .text(Self.introduction),
                "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(Operation.Tag.allCases.map { ["name": .text($0.rawValue)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(
                    schemas.sorted { $0.key < $1.key }.map { JSONValue.Field(key: $0.key, value: $0.value) }
                )
            ],
        ]
    }

    private static let introduction = """
        Announce and scrape, the catalogue, uploads, and control of the suite. Errors are application/problem+json \
        (RFC 9457). HEAD and OPTIONS answer wherever GET does; any other method gets 405 with Allow.
        """
}

extension Operation {
    /// What every operation of its kind may answer besides: the guards in front of it.
    private var guards: [Answer] {
        let length = Answer.problem(414, "The address is longer than \(HTTPLimits.target) bytes.")
        guard access == .ownPages else { return [length] }
        var guards: [Answer] = isTagged ? [.empty(304, "Nothing new: If-None-Match has the ETag.")] : []
        guards += [
            .problem(400, "The request makes no sense, or has not one Host."),
            .problem(403, "A page of another site may not do this."), length,
            .problem(421, "The Host is none of this server's names."),
        ]
        if !produces.isEmpty { guards.append(.problem(406, "None of the media types in Accept is to be had.")) }
        if !body.isEmpty {
            guards += [.problem(413, "The body is too large."), .problem(415, "The body's media type is not taken.")]
        }
        return guards
    }

    private var allAnswers: [Answer] {
        let own = Set(answers.map(\.status))
        return (answers + guards.filter { !own.contains($0.status) }).sorted { $0.status < $1.status }
    }

    fileprivate var components: [String: JSONValue] {
        let contents = allAnswers.flatMap(\.content) + body
        return (contents.map(\.schema) + parameters.map(\.schema)).reduce(into: [:]) { all, schema in
            all.merge(schema.components) { $1 }
        }
    }

    fileprivate var described: JSONValue {
        var json: JSONValue = [
            "operationId": .text(id), "tags": [.text(tag.rawValue)], "summary": .text(summary),
        ]
        if !detail.isEmpty { json = json.adding(["description": .text(detail)]) }
        let parameters = isTagged ? parameters + [.ifNoneMatch] : parameters
        if !parameters.isEmpty { json = json.adding(["parameters": .array(parameters.map(\.described))]) }
        if !body.isEmpty {
            json = json.adding(["requestBody": ["required": true, "content": .content(body)]])
        }
        let answers = allAnswers.map { JSONValue.Field(key: String($0.status), value: $0.described) }
        return json.adding(["responses": .object(answers)])
    }
}

extension Parameter {
    fileprivate static let ifNoneMatch = header("If-None-Match", .string, "ETags that the asker has.")

    fileprivate var described: JSONValue {
        let json: JSONValue = [
            "name": .text(name), "in": .text(place.rawValue), "required": .boolean(isRequired), "schema": schema.json,
        ]
        return meaning.isEmpty ? json : json.adding(["description": .text(meaning)])
    }
}

extension Answer {
    fileprivate var described: JSONValue {
        var json: JSONValue = ["description": .text(meaning)]
        if !headers.isEmpty {
            let fields = headers.map { header in
                JSONValue.Field(
                    key: header.name,
                    value: ["description": .text(header.meaning), "schema": Schema.string.json]
                )
            }
            json = json.adding(["headers": .object(fields)])
        }
        return content.isEmpty ? json : json.adding(["content": .content(content)])
    }
}

extension JSONValue {
    fileprivate static func content(_ contents: [Content]) -> JSONValue {
        .object(contents.map { Field(key: $0.type, value: ["schema": $0.schema.json]) })
    }
}
