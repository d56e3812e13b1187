/// Why a multipart body was refused.
enum MultipartError: Error, Hashable {
    /// The content type is not `multipart/form-data` with a usable boundary.
    case noBoundary
    /// The body ended before its closing delimiter.
    case truncated
    /// Text before the first delimiter that is longer than anybody writes.
    case oversizedPreamble
    case oversizedHeaders(limit: Int)
    case oversizedField(String, limit: Int)
    case malformedHeader
    /// A part that does not say which field it is.
    case unnamedPart
}

extension MultipartError: CustomStringConvertible {
    var description: String {
        switch self {
        case .noBoundary: "the content type must be multipart/form-data with a boundary of 1 to 70 characters"
        case .truncated: "the body ended before its last boundary; send it again"
        case .oversizedPreamble: "the body does not begin with its boundary"
        case .oversizedHeaders(let limit): "the headers of one part are longer than \(limit) bytes"
        case .oversizedField(let field, let limit): "the field \(field) is longer than \(limit) bytes"
        case .malformedHeader: "a part has a header line that is none"
        case .unnamedPart: "a part has no Content-Disposition: form-data with a name"
        }
    }
}
