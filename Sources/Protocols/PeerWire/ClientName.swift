package import BitTorrentTypes

/// Which program a peer runs, as far as its peer id tells.
///
///     -TR4040-…    two letters and a version (Azureus style)      Transmission 4.0.4
///     A2-1-36-0-…  aria2's own way                                 aria2 1.36.0
///
/// Source: BEP 20, and the ids that clients really send.
package enum ClientName {
    private static let programs: [String: String] = [
        "AG": "Ares", "AZ": "Azureus", "BC": "BitComet", "BI": "BiglyBT", "BT": "BitTorrent", "DE": "Deluge",
        "FD": "Free Download Manager", "KT": "KTorrent", "LT": "libtorrent", "P2": "p2p", "PI": "PicoTorrent",
        "SD": "Thunder", "TL": "Tribler", "TR": "Transmission", "TX": "Tixati", "UM": "µTorrent for Mac",
        "UT": "µTorrent", "UW": "µTorrent Web", "WD": "WebTorrent Desktop", "WW": "WebTorrent", "XL": "Xunlei",
        "lt": "rTorrent", "qB": "qBittorrent", "st": "SharkTorrent",
    ]

    /// `qBittorrent 4.5.0`; `nil` for an id that follows no known way.
    package static func text(of id: PeerID) -> String? { azureus(id.bytes) ?? aria2(id.bytes) }

    private static func azureus(_ bytes: [UInt8]) -> String? {
        guard bytes[0] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[1...6].allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let code = String(decoding: bytes[1...2], as: UTF8.self)
        let digits = bytes[3...6].map(digit)
        guard let name = programs[code] ?? (digits.contains(nil) ? nil : code) else { return nil }
        let version = digits.map { $0.map { String($0) } ?? "?" }
        guard !digits.contains(nil) else { return name }
        // The last digit marks a build more often than a version.
        let significant = version.last == "0" ? version.dropLast() : version[...]
        return "\(name) \(significant.joined(separator: "."))"
    }

    /// 0…9, then letters as ten and more.
    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A")) + 10
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 36
        default: nil
        }
    }

    private static func aria2(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: Array("A2-".utf8)) else { return nil }
        let parts = bytes.dropFirst(3).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).prefix(3)
        let numbers = parts.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 3 else { return "aria2" }
        return "aria2 " + numbers.map { String($0) }.joined(separator: ".")
    }
}
