import FoundationEssentials

/// `Upload-Metadata`: keys and values of an upload, as its client sends them.
///
///     filename d29ybGQudHh0,relativePath Zm9sZGVyL3dvcmxkLnR4dA==,is_confidential
///
/// - Source: tus 1.0, "Upload-Metadata".
struct TusMetadata: Hashable, Sendable {
    private var values: [String: [UInt8]] = [:]

    /// `nil` when a value is not Base64, a key is empty or there twice.
    init?(_ header: String) {
        for pair in header.split(separator: ",", omittingEmptySubsequences: true) {
            let words = pair.split(separator: " ", omittingEmptySubsequences: true)
            guard let key = words.first, words.count <= 2 else { return nil }
            var value: [UInt8] = []
            if words.count == 2 {
                guard let data = Data(base64Encoded: String(words[1])) else { return nil }
                value = Array(data)
            }
            guard values.updateValue(value, forKey: String(key)) == nil else { return nil }
        }
    }

    /// The path of the file in what is uploaded: `relativePath`, else `filename`, else `name`.
    var path: [UInt8]? {
        for key in ["relativePath", "filename", "name"] {
            // Clients write the null of JavaScript as a word.
            if let value = values[key], !value.isEmpty, value != Array("null".utf8) { return value }
        }
        return nil
    }
}
