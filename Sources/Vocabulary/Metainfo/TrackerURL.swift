import BitTorrentTypes
import Glibc

/// Which addresses from a torrent or magnet link we are willing to ask.
enum TrackerURL {
    static let trackerSchemes = ["http", "https", "udp"]
    static let webSeedSchemes = ["http", "https"]
    static let maximumLength = 2_048

    /// The address as text, or why it is dropped.
    static func check(_ bytes: [UInt8], schemes: [String] = trackerSchemes) -> Result<String, Refusal> {
        guard bytes.count <= maximumLength else { return .failure(Refusal("is too long")) }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return .failure(Refusal("has a character that no address has"))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let separator = text.firstRange(of: "://"), schemes.contains(text[..<separator.lowerBound].lowercased())
        else { return .failure(Refusal("is not " + schemes.joined(separator: ", "))) }
        let authority = text[separator.upperBound...].prefix { !"/?#".contains($0) }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard let host = host(of: place) else { return .failure(Refusal("names no host")) }
        guard !isMetadataService(host) else { return .failure(Refusal("is a link-local address")) }
        return .success(text)
    }

    struct Refusal: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    /// The host before an optional port; `nil` when either is malformed.
    private static func host(of place: Substring) -> Substring? {
        let host: Substring
        let rest: Substring
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]") else { return nil }
            host = place[place.index(after: place.startIndex)..<end]
            rest = place[place.index(after: end)...]
            guard IPAddress(String(host)) != nil else { return nil }
        } else {
            host = place.prefix { $0 != ":" }
            rest = place[host.endIndex...]
        }
        let digits = rest.dropFirst()
        let isPort = rest.first == ":" && (digits.isEmpty || digits.first != "+" && (UInt16(digits) ?? 0) > 0)
        return !host.isEmpty && (rest.isEmpty || isPort) ? host : nil
    }

    /// Link-local addresses, where clouds keep the credentials of a machine, in every spelling of IPv4.
    private static func isMetadataService(_ host: Substring) -> Bool {
        var word = in_addr()
        let address: IPAddress? =
            inet_aton(String(host), &word) == 1 ? .v4(UInt32(bigEndian: word.s_addr)) : IPAddress(String(host))
        switch address {
        case .v4(let word): return word >> 16 == 0xA9FE
        case .v6(let high, let low): return high >> 54 == 0xFE80 >> 6 || high == 0xFD00_0EC2_0000_0000 && low == 0x254
        case nil: return false
        }
    }
}

/// What was cleaned or dropped, told in a bounded number of lines.
struct Warnings {
    private static let limit = 20
    private var kept: [String] = []
    private var count = 0

    mutating func add(_ text: @autoclosure () -> String) {
        count += 1
        if kept.count < Self.limit { kept.append(text()) }
    }

    var lines: [String] { count > kept.count ? kept + ["and \(count - kept.count) more"] : kept }
}
