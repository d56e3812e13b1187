import BitTorrentTypes

/// Which of many peers to be connected to: a number that both sides of a connection compute alike.
///
///     123.213.32.10, 98.76.54.32  ─ masked ─▶  7BD50000, 624C1400  ─ sorted, joined ─▶  CRC-32C = EC2D7224
///
/// Because no peer chooses its number, a swarm of full peers keeps room for newcomers, and a flood of connections gets no
/// more than its share of the slots. The higher number is preferred. The mask keeps what a network is given and half of
/// the rest; the closer the two addresses are, the more of them counts.
///
/// - Source: BEP 40.
enum CanonicalPriority {
    static func priority(of peer: PeerAddress, seenFrom own: PeerAddress) -> UInt32 {
        if peer.ip == own.ip {
            return CRC32C.checksum([own.port, peer.port].sorted().flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
        }
        let (left, right) = (own.ip.bytes, peer.ip.bytes)
        // Of an address that the other family cannot have, everything counts.
        let isSameFamily = left.count == right.count
        let common = isSameFamily ? zip(left, right).prefix { $0 == $1 }.count : 0
        // An IPv4 mask begins with two whole bytes and an IPv6 one with six; one more for what lies in the same network.
        let least = isSameFamily && left.count == 4 ? 2 : 6
        let whole = common < least ? least : common + 1
        let masked = [left, right].map { mask($0, whole: whole) }
        let isInOrder = !masked[1].lexicographicallyPrecedes(masked[0])
        return CRC32C.checksum(isInOrder ? masked[0] + masked[1] : masked[1] + masked[0])
    }

    private static func mask(_ bytes: [UInt8], whole: Int) -> [UInt8] {
        bytes.enumerated().map { $0 < whole ? $1 : $1 & 0x55 }
    }
}

/// The checksum of Castagnoli: polynomial 1EDC6F41, reflected.
///
/// - Source: RFC 3720, appendix B.4.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { word, _ in word & 1 == 1 ? word >> 1 ^ 0x82F6_3B78 : word >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}
