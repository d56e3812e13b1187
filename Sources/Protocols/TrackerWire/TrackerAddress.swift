import BitTorrentTypes

/// The URL of a tracker, taken apart.
///
///     http://user:word@tracker.example:8080/x/announce?passkey=1
///     └scheme┘ └login─┘ └────host────┘ └port┘└──────target──────┘
///
/// - Source: BEP 3 "announce", BEP 15, BEP 48 (where to scrape).
package struct TrackerAddress: Hashable, Sendable {
    package enum Scheme: String, Hashable, Sendable {
        case http, https, udp
    }

    package static let maximumLength = 4_096

    package let scheme: Scheme
    /// `user:password`, as they stand in the URL.
    package let login: String?
    /// A name, or an address without brackets.
    package let host: String
    package let port: UInt16
    /// Path and query; empty when the URL ends with the port.
    package let target: String

    /// `nil` when it is not the URL of a tracker: another scheme, no host, a bad port, no port for UDP.
    package init?(_ url: String) {
        guard url.utf8.count <= Self.maximumLength, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let separator = url.firstRange(of: "://"),
            let scheme = Scheme(rawValue: url[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = url[separator.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { !"/?".contains($0) }
        let at = authority.lastIndex(of: "@")
        let place = at.map { authority[authority.index(after: $0)...] } ?? authority
        guard let (host, digits) = Self.split(place), !host.isEmpty else { return nil }
        let usual: UInt16? =
            switch scheme {
            case .http: 80
            case .https: 443
            case .udp: nil
            }
        guard let port = digits.isEmpty ? usual : Self.port(digits) else { return nil }
        self.scheme = scheme
        login = at.map { String(authority[..<$0]) }
        self.host = host
        self.port = port
        target = String(rest[authority.endIndex...])
    }

    /// The same place for scrapes: the last part of the path begins with `announce`, or there is none.
    ///
    /// A UDP tracker takes both at one address.
    package static func scrapeURL(for url: String) -> String? {
        guard let address = TrackerAddress(url) else { return nil }
        guard address.scheme != .udp else { return url }
        let path = url.prefix { !"?#".contains($0) }
        guard let slash = path.lastIndex(of: "/"), path[slash...].hasPrefix("/announce") else { return nil }
        return path[...slash] + "scrape" + url[slash...].dropFirst("/announce".count)
    }

    /// The host as a URL has it: an IPv6 address in brackets.
    package static func literal(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Host and digits of the port; `nil` when it is neither.
    private static func split(_ place: Substring) -> (host: String, digits: Substring)? {
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]"),
                let ip = IPAddress(String(place[place.index(after: place.startIndex)..<end]))
            else { return nil }
            let rest = place[place.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            return (ip.description, rest.dropFirst())
        }
        let host = place.prefix { $0 != ":" }
        return (String(host), place[host.endIndex...].dropFirst())
    }

    private static func port(_ digits: Substring) -> UInt16? {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        return port
    }
}

extension TrackerAddress {
    /// Where a `Location` of this place's answer leads; `nil` when that is no URL of a tracker.
    package func redirected(to location: String) -> TrackerAddress? {
        if location.contains("://"), !location.hasPrefix("/") { return TrackerAddress(location) }
        if location.hasPrefix("//") { return TrackerAddress("\(scheme.rawValue):\(location)") }
        let origin = "\(scheme.rawValue)://\(Self.literal(host)):\(port)"
        if location.hasPrefix("/") { return TrackerAddress(origin + location) }
        let path = target.prefix { $0 != "?" }
        if location.hasPrefix("?") { return TrackerAddress(origin + path + location) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return TrackerAddress(origin + folder + location)
    }
}
