import BitTorrentTypes

/// Reads a magnet link on its bytes: `Character` takes digits of other scripts for digits.
enum MagnetParser {
    static let maximumLength = 128 << 10
    private static let maximumTrackers = 100
    private static let maximumPeers = 100
    private static let maximumName = 1_024

    static func parse(_ bytes: [UInt8]) throws(MagnetError) -> MagnetLink {
        guard bytes.count <= maximumLength else { throw .tooLong(count: bytes.count, limit: maximumLength) }
        let scheme = Array("magnet:?".utf8)
        guard bytes.count >= scheme.count, bytes.prefix(scheme.count).map(lowercased) == scheme else {
            throw .notMagnet
        }
        if let control = bytes.first(where: { $0 < 0x20 || $0 == 0x7F }) { throw .controlCharacter(control) }
        let parameters = parameters(in: bytes.dropFirst(scheme.count))
        var warnings = Warnings()
        var link = try link(to: parameters)
        for (key, value) in parameters {
            read(key, value, into: &link, warnings: &warnings)
        }
        link.warnings = warnings.lines
        return link
    }

    /// Key and still encoded value of each parameter, without the numbers of `tr.1` and the like.
    private static func parameters(in query: ArraySlice<UInt8>) -> [(key: String, value: ArraySlice<UInt8>)] {
        query.split(separator: UInt8(ascii: "&")).map { parameter in
            var key = parameter.prefix { $0 != UInt8(ascii: "=") }
            let value = parameter[key.endIndex...].dropFirst()
            // Links copied out of HTML.
            if key.starts(with: "amp;".utf8) { key = key.dropFirst(4) }
            if let dot = key.lastIndex(of: UInt8(ascii: ".")), key[dot...].dropFirst().allSatisfy(isDigit) {
                key = key[..<dot]
            }
            return (String(decoding: key.map(lowercased), as: UTF8.self), value)
        }
    }

    // MARK: - The hash

    private static func link(
        to parameters: [(key: String, value: ArraySlice<UInt8>)]
    ) throws(MagnetError) -> MagnetLink {
        var first: InfoHash?
        var second: InfoHashV2?
        for (key, value) in parameters where key == "xt" {
            let topic = PercentEncoding.decodeLeniently(value)
            if let digits = suffix(of: topic, after: "urn:btih:") {
                guard let found = infoHash(digits) else { throw .badInfoHash }
                guard first == nil || first == found else { throw .differentHashes }
                first = found
            } else if let digits = suffix(of: topic, after: "urn:btmh:") {
                guard let found = multihash(digits) else { throw .badMultihash }
                guard second == nil || second == found else { throw .differentHashes }
                second = found
            }
        }
        switch (first, second) {
        case (let first?, let second): return MagnetLink(infoHash: first, infoHashV2: second)
        case (nil, let second?): return MagnetLink(infoHashV2: second)
        case (nil, nil): throw .missingHash
        }
    }

    /// 0x12 says SHA-256, 0x20 that 32 bytes follow.
    private static func multihash(_ digits: ArraySlice<UInt8>) -> InfoHashV2? {
        guard digits.count == 68, let bytes = Hexadecimal.decode(digits), bytes.starts(with: [0x12, 0x20]) else {
            return nil
        }
        return InfoHashV2(bytes.dropFirst(2))
    }

    private static func infoHash(_ digits: ArraySlice<UInt8>) -> InfoHash? {
        switch digits.count {
        case 40: Hexadecimal.decode(digits).flatMap { InfoHash($0) }
        case 32: base32(digits).flatMap { InfoHash($0) }
        default: nil
        }
    }

    /// RFC 4648 without padding, in either case.
    private static func base32(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            let value: UInt8
            switch lowercased(digit) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = lowercased(digit) - UInt8(ascii: "a")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = digit - UInt8(ascii: "2") + 26
            default: return nil
            }
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    // MARK: - The rest

    private static func read(
        _ key: String,
        _ value: ArraySlice<UInt8>,
        into link: inout MagnetLink,
        warnings: inout Warnings
    ) {
        let bytes = PercentEncoding.decodeLeniently(value)
        switch key {
        case "dn":
            let name = PercentEncoding.decodeLeniently(value.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 })
            if name.count > maximumName { warnings.add("name (dn) cut after \(maximumName) bytes") }
            if !name.isEmpty { link.name = Array(name.prefix(maximumName)) }
        case "tr":
            add(bytes, to: &link.trackers, named: "tracker", schemes: TrackerURL.trackerSchemes, warnings: &warnings)
        case "ws", "as":
            add(bytes, to: &link.webSeeds, named: "web seed", schemes: TrackerURL.webSeedSchemes, warnings: &warnings)
        case "x.pe":
            guard let peer = PeerAddress(String(decoding: bytes, as: UTF8.self)) else {
                warnings.add("peer dropped, it is not an address and port: \(shown(bytes))")
                return
            }
            if link.peers.contains(peer) { return }
            guard link.peers.count < maximumPeers else {
                warnings.add("peer left out: more than \(maximumPeers)")
                return
            }
            link.peers.append(peer)
        case "xl":
            link.exactLength = bytes.allSatisfy(isDigit) ? Int(String(decoding: bytes, as: UTF8.self)) : nil
            if link.exactLength == nil { warnings.add("length (xl) ignored, it is not a number: \(shown(bytes))") }
        case "so":
            warnings.add("choice of files (so) ignored")
        default:
            break
        }
    }

    private static func add(
        _ bytes: [UInt8],
        to list: inout [String],
        named name: String,
        schemes: [String],
        warnings: inout Warnings
    ) {
        switch TrackerURL.check(bytes, schemes: schemes) {
        case .success(let url):
            if list.contains(url) { return }
            guard list.count < maximumTrackers else {
                warnings.add("\(name) left out: more than \(maximumTrackers)")
                return
            }
            list.append(url)
        case .failure(let refusal):
            warnings.add("\(name) dropped, it \(refusal.reason): \(shown(bytes))")
        }
    }

    private static func suffix(of bytes: [UInt8], after prefix: String) -> ArraySlice<UInt8>? {
        bytes.prefix(prefix.utf8.count).map(lowercased).elementsEqual(prefix.utf8)
            ? bytes.dropFirst(prefix.utf8.count) : nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    private static func shown(_ bytes: [UInt8]) -> String { PrintableText.escape(Array(bytes.prefix(200))) }
}
