import Glibc
import Hummingbird

/// The header fields of resumable uploads.
///
/// - Source: tus 1.0, "Headers".
enum TusHeaders {
    typealias Name = HTTPFields.Element.Name

    static let version = "1.0.0"
    static let extensions = "creation,creation-with-upload,termination,checksum,expiration"
    static let chunkType = "application/offset+octet-stream"

    static let resumable = name("Tus-Resumable")
    static let versions = name("Tus-Version")
    static let extensionList = name("Tus-Extension")
    static let maximumSize = name("Tus-Max-Size")
    static let checksumAlgorithms = name("Tus-Checksum-Algorithm")
    static let length = name("Upload-Length")
    static let offset = name("Upload-Offset")
    static let deferLength = name("Upload-Defer-Length")
    static let metadata = name("Upload-Metadata")
    static let checksum = name("Upload-Checksum")
    static let expires = name("Upload-Expires")
    static let methodOverride = name("X-HTTP-Method-Override")

    /// A number of bytes; `nil` for anything else.
    static func number(_ text: String?) -> Int? {
        guard let text, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// As HTTP writes a time.
    ///
    /// - Source: RFC 9110, section 5.6.7.
    static func date(_ seconds: Int) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
            + "\(Int(parts.tm_year) + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }

    private static func name(_ text: String) -> Name {
        guard let name = Name(text) else { preconditionFailure("\(text) is the name of a field") }
        return name
    }
}
