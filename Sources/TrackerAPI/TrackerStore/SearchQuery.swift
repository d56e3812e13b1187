/// What a person typed into a search box, as SQLite takes it.
///
/// Every word must be there, the last letters of a word may be missing, and `"two words"` stand side by side. No
/// character has another meaning: operators, columns and brackets of FTS5 are words like others.
struct SearchQuery: Hashable, Sendable {
    /// In characters; what is longer is cut.
    static let lengthLimit = 200
    private static let wordLimit = 16

    private let words: [String]
    private let text: String

    init(_ text: String) {
        // SQLite ends a text at a NUL.
        let clean = text.prefix(Self.lengthLimit).map { $0 == "\0" ? " " : $0 }
        self.text = String(clean)
        var words: [String] = []
        for (number, part) in clean.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            if number.isMultiple(of: 2) {
                words += part.split(whereSeparator: \.isWhitespace).map { String($0) }
            } else {
                words.append(String(part))
            }
        }
        self.words = Array(words.filter(Self.hasWord).prefix(Self.wordLimit))
    }

    /// An expression for `MATCH`; `nil` when there is no word to look for.
    var match: String? {
        words.isEmpty ? nil : words.map { "\"\($0)\"*" }.joined(separator: " ")
    }

    /// A pattern for `LIKE` in which `%`, `_` and `\` mean themselves.
    var pattern: String {
        var pattern = "%"
        for character in text.unicodeScalars {
            if character == "%" || character == "_" || character == "\\" { pattern += "\\" }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "%"
    }

    /// Whether the tokenizer of SQLite finds anything in it.
    private static func hasWord(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.isAlphabetic || $0.properties.numericType != nil }
    }
}
