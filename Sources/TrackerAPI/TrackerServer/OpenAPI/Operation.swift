import ServiceShapes

/// What is said about one route: enough to call it without reading its code, and to check it.
struct Operation: Sendable {
    /// The chapters of the document.
    enum Tag: String, CaseIterable, Sendable {
        case tracker, catalogue, uploads, control, events, service
    }

    /// Who may call it under which `Host`.
    enum Access: Sendable {
        /// Under a name of this server, and from no page of another site.
        case ownPages
        /// Announce and scrape: for programs that know the tracker under any name.
        case anyClient
    }

    /// Unique in the document; generated clients call the operation so.
    let id: String
    let tag: Tag
    let summary: String
    var detail = ""
    var access = Access.ownPages
    /// Whether it has an ETag, so that one who has it need not get it again.
    var isTagged = false
    var parameters: [Parameter] = []
    /// What it may be sent; empty when the body does not matter.
    var body: [Content] = []
    var answers: [Answer]

    init(_ id: String, _ tag: Tag, _ summary: String, answers: [Answer]) {
        self.id = id
        self.tag = tag
        self.summary = summary
        self.answers = answers
    }

    /// The media types of its good answers.
    var produces: [String] {
        answers.filter { (200..<300).contains($0.status) }.flatMap { $0.content.map(\.type) }
    }

    func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

/// A value in the path, the query or a header.
struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query, header }

    let name: String
    let place: Place
    let schema: Schema
    var isRequired = false
    var meaning = ""

    static func path(_ name: String, _ schema: Schema) -> Parameter {
        Parameter(name: name, place: .path, schema: schema, isRequired: true)
    }

    static func query(_ name: String, _ schema: Schema, _ meaning: String, isRequired: Bool = false) -> Parameter {
        Parameter(name: name, place: .query, schema: schema, isRequired: isRequired, meaning: meaning)
    }

    static func header(_ name: String, _ schema: Schema, _ meaning: String, isRequired: Bool = false) -> Parameter {
        Parameter(name: name, place: .header, schema: schema, isRequired: isRequired, meaning: meaning)
    }
}

/// A body of one media type.
struct Content: Sendable {
    let type: String
    let schema: Schema

    static func json(_ schema: Schema) -> Content { Content(type: "application/json", schema: schema) }
}

/// What can come back.
struct Answer: Sendable {
    let status: Int
    let meaning: String
    var content: [Content] = []
    var headers: [(name: String, meaning: String)] = []

    static func json(_ status: Int, _ meaning: String, _ schema: Schema) -> Answer {
        Answer(status: status, meaning: meaning, content: [.json(schema)])
    }

    static func problem(_ status: Int, _ meaning: String) -> Answer {
        Answer(
            status: status,
            meaning: meaning,
            content: [Content(type: "application/problem+json", schema: .problem)]
        )
    }

    static func empty(_ status: Int, _ meaning: String) -> Answer { Answer(status: status, meaning: meaning) }

    func with(header name: String, _ meaning: String) -> Answer {
        var copy = self
        copy.headers.append((name, meaning))
        return copy
    }
}
