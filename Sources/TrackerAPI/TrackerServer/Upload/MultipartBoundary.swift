/// The line that separates the parts of a multipart body.
///
/// - Source: RFC 2046, section 5.1.1; RFC 7578, section 4.1.
struct MultipartBoundary: Hashable, Sendable {
    let bytes: [UInt8]

    /// The boundary that a `Content-Type` header names; `nil` for any other type and for a bad boundary.
    init?(contentType: String) {
        var fields = HeaderParameters(contentType)
        guard fields.value.lowercased() == "multipart/form-data", let text = fields.take("boundary") else { return nil }
        self.init(text)
    }

    /// 1 to 70 of the characters that RFC 2046 allows, the last one not a space.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...70).contains(bytes.count), bytes.last != UInt8(ascii: " "), bytes.allSatisfy(Self.isAllowed) else {
            return nil
        }
        self.bytes = bytes
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default:
            "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
