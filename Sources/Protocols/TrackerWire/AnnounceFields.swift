package import BitTorrentTypes

/// What an announce says over HTTP, read from its query without an allocation.
///
/// Takes only what well-behaved clients send. Whatever is odd is left to ``AnnounceRequest/parse(query:)``, which gives
/// the same fields or says what is wrong.
///
/// - Units: `uploaded`, `downloaded` and `left` in bytes.
package struct AnnounceFields: Hashable, Sendable {
    package let infoHash: InfoHash
    package let peerID: PeerID
    package let port: UInt16
    package private(set) var uploaded = 0
    package private(set) var downloaded = 0
    package private(set) var left = 1
    package private(set) var event = AnnounceEvent.none
    package private(set) var numwant: Int?
    package private(set) var compact = false
    /// Where the value of `key` lies in the query; empty when there is none.
    package private(set) var key: Range<Int> = 0..<0

    /// How many peers the answer may have.
    package var peersWanted: Int { min(numwant ?? AnnounceRequest.defaultPeers, AnnounceRequest.maximumPeers) }

    private enum Name: UInt32 {
        case infoHash, peerID, port, uploaded, downloaded, left, event, numwant, compact, key, noPeerID, ip, trackerID
    }

    /// `nil` when the query is for the careful reader.
    package init?(query: UnsafeRawBufferPointer) {
        guard query.count <= Query.maximumLength else { return nil }
        var hash: InfoHash?
        var id: PeerID?
        var port: Int?
        var seen: UInt32 = 0
        var begin = 0
        while begin < query.count {
            var end = begin
            var equals = -1
            while end < query.count, case let byte = query[end], byte != UInt8(ascii: "&") {
                if byte == UInt8(ascii: "="), equals < 0 { equals = end }
                end += 1
            }
            defer { begin = end + 1 }
            let nameEnd = equals < 0 ? end : equals
            guard let name = Self.name(UnsafeRawBufferPointer(rebasing: query[begin..<nameEnd])) else { continue }
            guard seen & 1 << name.rawValue == 0 else { return nil }
            seen |= 1 << name.rawValue
            let range = (equals < 0 ? end : equals + 1)..<end
            let value = UnsafeRawBufferPointer(rebasing: query[range])
            switch name {
            case .infoHash:
                guard let words = Self.twentyBytes(value) else { return nil }
                hash = withUnsafeBytes(of: words) { bytes in bytes.baseAddress.map { InfoHash(loadingFrom: $0) } }
            case .peerID:
                guard let words = Self.twentyBytes(value) else { return nil }
                id = withUnsafeBytes(of: words) { bytes in bytes.baseAddress.map { PeerID(loadingFrom: $0) } }
            case .port:
                guard let number = Self.number(value), (1...65_535).contains(number) else { return nil }
                port = number
            case .uploaded:
                guard let number = Self.number(value) else { return nil }
                uploaded = number
            case .downloaded:
                guard let number = Self.number(value) else { return nil }
                downloaded = number
            case .left:
                guard let number = Self.number(value) else { return nil }
                left = number
            case .numwant:
                if Self.isEqual(value, "-1") { continue }
                guard let number = Self.number(value) else { return nil }
                numwant = number
            case .event:
                guard !value.contains(UInt8(ascii: "%")) else { return nil }
                event = Self.event(value)
            case .compact:
                guard !value.contains(UInt8(ascii: "%")) else { return nil }
                compact = Self.isEqual(value, "1")
            case .key:
                guard value.count <= 64, !value.contains(UInt8(ascii: "%")) else { return nil }
                key = range
            case .noPeerID, .ip, .trackerID:
                guard !value.contains(UInt8(ascii: "%")) else { return nil }
            }
        }
        guard let hash, let id, let port else { return nil }
        infoHash = hash
        peerID = id
        self.port = UInt16(truncatingIfNeeded: port)
    }

    private static func name(_ bytes: UnsafeRawBufferPointer) -> Name? {
        switch bytes.count {
        case 2: isEqual(bytes, "ip") ? .ip : nil
        case 3: isEqual(bytes, "key") ? .key : nil
        case 4: isEqual(bytes, "port") ? .port : isEqual(bytes, "left") ? .left : nil
        case 5: isEqual(bytes, "event") ? .event : nil
        case 7:
            isEqual(bytes, "peer_id")
                ? .peerID : isEqual(bytes, "numwant") ? .numwant : isEqual(bytes, "compact") ? .compact : nil
        case 8: isEqual(bytes, "uploaded") ? .uploaded : nil
        case 9: isEqual(bytes, "info_hash") ? .infoHash : isEqual(bytes, "trackerid") ? .trackerID : nil
        case 10: isEqual(bytes, "downloaded") ? .downloaded : isEqual(bytes, "no_peer_id") ? .noPeerID : nil
        default: nil
        }
    }

    private static func event(_ value: UnsafeRawBufferPointer) -> AnnounceEvent {
        switch value.count {
        case 6: isEqual(value, "paused") ? .paused : .none
        case 7: isEqual(value, "started") ? .started : isEqual(value, "stopped") ? .stopped : .none
        case 9: isEqual(value, "completed") ? .completed : .none
        default: .none
        }
    }

    private static func isEqual(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Plain digits that fit; nothing at all is left to the careful reader.
    private static func number(_ value: UnsafeRawBufferPointer) -> Int? {
        guard (1...18).contains(value.count) else { return nil }
        var number = 0
        for byte in value {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        return number
    }

    /// Twenty bytes, each as itself or as `%XX`.
    private static func twentyBytes(_ value: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64)? {
        guard value.count >= 20 else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        let isGood = withUnsafeMutableBytes(of: &words) { bytes in
            var offset = 0
            var count = 0
            while offset < value.count {
                guard count < 20 else { return false }
                var byte = value[offset]
                if byte == UInt8(ascii: "%") {
                    guard offset + 2 < value.count, let high = digit(value[offset + 1]),
                        let low = digit(value[offset + 2])
                    else { return false }
                    byte = high << 4 | low
                    offset += 3
                } else {
                    offset += 1
                }
                bytes[count] = byte
                count += 1
            }
            return count == 20
        }
        return isGood ? words : nil
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
