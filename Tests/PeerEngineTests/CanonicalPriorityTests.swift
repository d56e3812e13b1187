import BitTorrentTypes
import Testing

@testable import PeerEngine

@Suite struct `A canonical priority` {
    private func priority(_ left: String, _ right: String) throws -> UInt32 {
        CanonicalPriority.priority(of: try #require(PeerAddress(left)), seenFrom: try #require(PeerAddress(right)))
    }

    @Test func `is that of the examples in BEP 40`() throws {
        #expect(try priority("98.76.54.32:5", "123.213.32.10:6") == 0xEC2D_7224)
        #expect(try priority("123.213.32.234:5", "123.213.32.10:6") == 0x9956_8189)
    }

    @Test func `is made of the checksum that RFC 3720 gives examples of`() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
        #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
    }

    @Test(
        arguments: [
            ("98.76.54.32:1", "123.213.32.10:2"), ("123.213.32.234:1", "123.213.32.10:2"),
            ("123.213.1.1:1", "123.213.99.2:2"), ("[2001:db8::1]:1", "[2001:db8:5::2]:2"), ("10.0.0.1:7", "10.0.0.1:9"),
        ]
    )
    func `is the same from both sides`(left: String, right: String) throws {
        #expect(try priority(left, right) == priority(right, left))
    }

    @Test func `of two peers at one address is that of their ports`() throws {
        let expected = CRC32C.checksum([0x1A, 0xE1, 0x1A, 0xE2])
        #expect(try priority("10.0.0.1:6882", "10.0.0.1:6881") == expected)
    }

    @Test(
        arguments: [
            ("2001:db8:1::1", "2001:db8:2:3456::9", 6), ("2001:db8:1:ff01::1", "2001:db8:1:0002::9", 7),
            ("2001:db8:1:ff01::1", "2001:db8:1:ff02::9", 8), ("2001:db8:1:2:aa::1", "2001:db8:1:2:bb::9", 10),
        ]
    )
    func `of IPv6 counts more of the addresses the closer they are`(left: String, right: String, whole: Int) throws {
        let (first, second) = (try #require(IPAddress(left)).bytes, try #require(IPAddress(right)).bytes)
        let masked = [first, second].map { $0.enumerated().map { $0 < whole ? $1 : $1 & 0x55 } }
            .sorted { $0.lexicographicallyPrecedes($1) }
        #expect(try priority("[\(left)]:1", "[\(right)]:2") == CRC32C.checksum(masked.joined()))
    }
}
