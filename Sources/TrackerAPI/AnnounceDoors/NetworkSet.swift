package import BitTorrentTypes

/// Addresses and networks such as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`.
///
/// Finding an address costs one look for each length of prefix that occurs, however many networks there are.
package struct NetworkSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    private var fours: [Int: Set<UInt32>] = [:]
    private var sixes: [Int: Set<IPAddress>] = [:]

    package init(arrayLiteral elements: IPAddress...) { self.init(elements) }

    package init(_ addresses: [IPAddress]) {
        for address in addresses { insert(address, length: address.isIPv6 ? 128 : 32) }
    }

    package var isEmpty: Bool { fours.isEmpty && sixes.isEmpty }

    /// Whether `text` was an address or a network, and is in now.
    package mutating func insert(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let ip = IPAddress(String(parts[0])) else { return false }
        let longest = ip.isIPv6 ? 128 : 32
        guard parts.count == 2 else {
            insert(ip, length: longest)
            return true
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]), length <= longest
        else {
            return false
        }
        insert(ip, length: length)
        return true
    }

    package func contains(_ ip: IPAddress) -> Bool {
        switch ip {
        case .v4(let word): fours.contains { $1.contains(word & Self.mask(UInt32.self, $0)) }
        case .v6: sixes.contains { $1.contains(Self.network(of: ip, length: $0)) }
        }
    }

    private mutating func insert(_ ip: IPAddress, length: Int) {
        switch ip {
        case .v4(let word): fours[length, default: []].insert(word & Self.mask(UInt32.self, length))
        case .v6: sixes[length, default: []].insert(Self.network(of: ip, length: length))
        }
    }

    private static func network(of ip: IPAddress, length: Int) -> IPAddress {
        guard case .v6(let high, let low) = ip else { return ip }
        return .v6(high: high & mask(UInt64.self, min(length, 64)), low: low & mask(UInt64.self, max(0, length - 64)))
    }

    private static func mask<Word: FixedWidthInteger>(_: Word.Type, _ length: Int) -> Word {
        length == 0 ? 0 : Word.max << (Word.bitWidth - length)
    }
}
