/// What people say of a torrent, beyond what its .torrent file does.
package struct TorrentLabels: Hashable, Sendable {
    /// Empty when it has none.
    package let category: String
    /// Plain text.
    package let description: String
    /// Lower case, each once, in order.
    package let tags: [String]

    package static let maximumCategory = 64
    package static let maximumDescription = 16_384
    package static let maximumTag = 40
    package static let maximumTags = 20

    /// Takes text as typed; spaces around it are dropped.
    ///
    /// - Throws: ``TorrentLabelsError`` for what is too long, or would not show as it is.
    package init(
        category: String = "",
        description: String = "",
        tags: [String] = []
    ) throws(TorrentLabelsError) {
        self.category = try Self.line(category, "category", limit: Self.maximumCategory)
        guard description.utf8.count <= Self.maximumDescription else {
            throw .tooLong(field: "description", limit: Self.maximumDescription)
        }
        guard description.unicodeScalars.allSatisfy({ Self.isVisible($0) || $0 == "\n" || $0 == "\t" || $0 == "\r" })
        else { throw .unprintable(field: "description") }
        self.description = description
        var known: Set<String> = []
        for tag in tags {
            let tag = try Self.line(tag, "tag", limit: Self.maximumTag).lowercased()
            guard !tag.contains(",") else { throw .unprintable(field: "tag") }
            if !tag.isEmpty { known.insert(tag) }
        }
        guard known.count <= Self.maximumTags else { throw .tooManyTags(limit: Self.maximumTags) }
        self.tags = known.sorted()
    }

    /// None.
    package init() {
        (category, description, tags) = ("", "", [])
    }

    /// Labels that were checked when they were written; what is damaged is left out.
    init(stored category: String, description: String, tags: [String]) {
        (self.category, self.description, self.tags) = (category, description, tags)
    }

    private static func line(_ text: String, _ field: String, limit: Int) throws(TorrentLabelsError) -> String {
        var line = text[...]
        while line.first?.isWhitespace == true { line.removeFirst() }
        while line.last?.isWhitespace == true { line.removeLast() }
        guard line.utf8.count <= limit else { throw .tooLong(field: field, limit: limit) }
        guard line.unicodeScalars.allSatisfy(isVisible) else { throw .unprintable(field: field) }
        return String(line)
    }

    private static func isVisible(_ scalar: UnicodeScalar) -> Bool { scalar.value >= 0x20 && scalar.value != 0x7F }
}

/// Why labels were refused.
package enum TorrentLabelsError: Error, Hashable {
    /// In bytes.
    case tooLong(field: String, limit: Int)
    case unprintable(field: String)
    case tooManyTags(limit: Int)
}

extension TorrentLabelsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong(let field, let limit): "the \(field) is longer than \(limit) bytes"
        case .unprintable(let field): "the \(field) has characters that do not belong in it"
        case .tooManyTags(let limit): "there are more than \(limit) tags"
        }
    }
}
