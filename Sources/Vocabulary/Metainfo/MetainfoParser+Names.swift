import Bencode
import BitTorrentTypes

/// Names from outside, held to ``PathRules`` before they become part of anything.
extension MetainfoParser {
    mutating func name(in info: BencodeNode) throws(MetainfoError) -> [UInt8] {
        let plain = try info.string("name")
        let name = info["name.utf-8"]?.string.flatMap(Self.utf8) ?? plain
        if let fault = PathRules.fault(inComponent: name) { throw .path(fault, path: Self.shown([name])) }
        warnOfLookAlikes([name])
        return name
    }

    mutating func warnOfLookAlikes(_ path: [[UInt8]]) {
        for component in path where PathRules.hasLookAlike(component) {
            warnings.add("name with a look-alike of a path separator or dot, kept: \(Self.shown([component]))")
        }
    }

    static func utf8(_ bytes: [UInt8]) -> [UInt8]? {
        String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
    }

    /// A path as a message shows it: escaped, and cut where it gets boring.
    static func shown(_ path: [[UInt8]]) -> String {
        let joined = path.prefix(40).joined(separator: [UInt8(ascii: "/")])
        let text = PrintableText.escape(Array(joined.prefix(300)))
        return text.isEmpty ? "(empty)" : text
    }
}
