package import BitTorrentTypes

/// Which program a peer id comes from.
///
///     -TR4050-…   Azureus style: two letters and a version of four digits
///     M7-11-0-…   Mainline style: a letter and numbers; A2-1-36-0-… is aria2
///
/// - Source: BEP 20.
package enum ClientName {
    /// Name and version, or the beginning of the id when it follows no custom we know.
    package static func of(_ id: PeerID) -> String {
        let bytes = id.bytes
        if bytes[0] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[1...6].allSatisfy(isAlphanumeric) {
            return azureus(code: text(bytes[1...2]), version: bytes[3...6])
        }
        if let name = mainline[text(bytes[0...1])] ?? mainline[text(bytes[0...0])],
            let version = mainlineVersion(bytes[(name == "aria2" ? 3 : 1)...])
        {
            return "\(name) \(version)"
        }
        return PrintableText.escape(Array(bytes.prefix(8)))
    }

    private static func azureus(code: String, version: ArraySlice<UInt8>) -> String {
        guard let name = names[code] else { return "\(code) \(text(version))" }
        // Ours counts as hundreds and units: 0001 is 0.1.
        if code == "P2", let number = Int(text(version)) { return "\(name) \(number / 100).\(number % 100)" }
        var parts = version.map { String(decoding: [$0], as: UTF8.self) }
        while parts.count > 2, parts.last == "0" || parts.last?.allSatisfy(\.isNumber) == false { parts.removeLast() }
        return "\(name) \(parts.joined(separator: "."))"
    }

    /// `7-11-0-` as 7.11.0: the numbers before the first part that is none.
    private static func mainlineVersion(_ bytes: ArraySlice<UInt8>) -> String? {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).prefix { part in
            (1...3).contains(part.count) && part.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
        }
        return parts.count < 2 ? nil : parts.prefix(4).map(text).joined(separator: ".")
    }

    private static let mainline = ["A2": "aria2", "M": "Mainline", "Q": "Queen Bee"]

    private static let names = [
        "A2": "aria2", "AZ": "Vuze", "BC": "BitComet", "BI": "BiglyBT", "BT": "BitTorrent", "BW": "BitTorrent Web",
        "DE": "Deluge", "FD": "Free Download Manager", "KT": "KTorrent", "LT": "libtorrent", "lt": "rTorrent",
        "P2": "p2p", "PI": "PicoTorrent", "TR": "Transmission", "TX": "Tixati", "UM": "µTorrent Mac",
        "UT": "µTorrent", "UW": "µTorrent Web", "WW": "WebTorrent", "XL": "Xunlei", "qB": "qBittorrent",
    ]

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") <= 9 || (byte | 0x20) &- UInt8(ascii: "a") <= 25
    }
}
