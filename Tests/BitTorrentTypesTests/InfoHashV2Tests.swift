import BitTorrentTypes
import Testing

@Suite struct `Info-hash of version 2` {
    @Test func `is 32 bytes or 64 digits, and 20 bytes on the wire`() throws {
        let bytes = (0..<32).map { UInt8($0 * 8) }
        let hash = try #require(InfoHashV2(bytes))
        #expect(hash.bytes == bytes)
        #expect(hash.hex == "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8")
        #expect(InfoHashV2(hex: hash.hex.uppercased()) == hash)
        #expect(hash.truncated.bytes == Array(bytes.prefix(20)))
        #expect("\(hash)" == hash.hex)
    }

    @Test func `refuses any other length and any other digit`() {
        for count in [0, 20, 31, 33] { #expect(InfoHashV2([UInt8](repeating: 0, count: count)) == nil) }
        let digits = String(repeating: "a", count: 63)
        for text in [digits, digits + "g", digits + "１", digits + "aa"] { #expect(InfoHashV2(hex: text) == nil) }
    }
}
