package import BitTorrentTypes

/// A torrent named by its info-hash, with what helps to find it.
///
///     magnet:?xt=urn:btih:c12f…&dn=name&xl=1024&tr=http…&x.pe=127.0.0.1:6881&ws=http…
///     magnet:?xt=urn:btih:c12f…&xt=urn:btmh:1220caf1…                        a hybrid
///     magnet:?xt=urn:btmh:1220caf1…                                          version 2 alone
///
/// - Units: `exactLength` in bytes.
/// - Source: BEP 9 "magnet URI format", BEP 52 (`btmh`, a multihash: 0x12 is SHA-256, 0x20 its length), BEP 53 (`so`,
///   which is left out).
package struct MagnetLink: Hashable, Sendable {
    /// The 20 bytes that name the torrent on the wire: of version 1 if it has one, else the start of that of version 2.
    package let infoHash: InfoHash
    /// `nil` for version 2 alone.
    package let infoHashV1: InfoHash?
    package let infoHashV2: InfoHashV2?
    /// A label and nothing more: any bytes, never part of a path.
    package var name: [UInt8]?
    package var trackers: [String] = []
    package var webSeeds: [String] = []
    package var peers: [PeerAddress] = []
    package var exactLength: Int?
    /// What was cleaned or dropped, a sentence each.
    package internal(set) var warnings: [String] = []

    /// A torrent of version 1, or a hybrid.
    package init(infoHash: InfoHash, infoHashV2: InfoHashV2? = nil) {
        self.infoHash = infoHash
        infoHashV1 = infoHash
        self.infoHashV2 = infoHashV2
    }

    /// A torrent of version 2 alone.
    package init(infoHashV2: InfoHashV2) {
        infoHash = infoHashV2.truncated
        infoHashV1 = nil
        self.infoHashV2 = infoHashV2
    }

    /// The link to a torrent that is known; a private one is of no use without its file.
    package init(_ metainfo: Metainfo) {
        infoHash = metainfo.infoHash
        infoHashV1 = metainfo.infoHashV1
        infoHashV2 = metainfo.infoHashV2
        name = metainfo.name
        exactLength = metainfo.payloadLength
        trackers = metainfo.trackers.flatMap { $0 }
        webSeeds = metainfo.webSeeds
    }

    /// Parses a link; the error is one line for people.
    package static func parse(_ text: String) throws(MagnetError) -> MagnetLink {
        try MagnetParser.parse(Array(text.utf8))
    }

    /// The link, hashes first.
    package var text: String {
        var parameters: [String] = []
        if let infoHashV1 { parameters.append("xt=urn:btih:\(infoHashV1.hex)") }
        if let infoHashV2 { parameters.append("xt=urn:btmh:1220\(infoHashV2.hex)") }
        func add(_ key: String, _ value: some Sequence<UInt8>) {
            parameters.append(key + "=" + PercentEncoding.encode(value))
        }
        if let name { add("dn", name) }
        if let exactLength { parameters.append("xl=\(exactLength)") }
        for tracker in trackers { add("tr", tracker.utf8) }
        for webSeed in webSeeds { add("ws", webSeed.utf8) }
        for peer in peers { parameters.append("x.pe=\(peer)") }
        return "magnet:?" + parameters.joined(separator: "&")
    }
}

/// Why a text is no magnet link that we can use.
package enum MagnetError: Error, Hashable {
    case notMagnet
    case tooLong(count: Int, limit: Int)
    /// A line break, NUL or other control character.
    case controlCharacter(UInt8)
    case missingHash
    /// Not 40 hexadecimal or 32 base32 digits.
    case badInfoHash
    /// Not the multihash of a SHA-256.
    case badMultihash
    case differentHashes
}

extension MagnetError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notMagnet: "not a magnet link: it does not begin with 'magnet:?'"
        case .tooLong(let count, let limit): "magnet link of \(count) bytes, more than the \(limit) we accept"
        case .controlCharacter(let byte): "magnet link with the control character 0x\(String(byte, radix: 16))"
        case .missingHash: "magnet link without an info-hash (xt=urn:btih:… or xt=urn:btmh:…)"
        case .badInfoHash: "magnet link whose info-hash is neither 40 hexadecimal nor 32 base32 digits"
        case .badMultihash: "magnet link whose btmh is not 1220 and 64 hexadecimal digits"
        case .differentHashes: "magnet link with two different info-hashes of one version"
        }
    }
}
