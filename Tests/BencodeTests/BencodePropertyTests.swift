import Bencode
import SeededRandom
import Testing

extension BencodeValue {
    fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> BencodeValue {
        func string() -> [UInt8] {
            (0..<Int.random(in: 0...6, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
        }
        switch Int.random(in: 0...(depth > 0 ? 3 : 1), using: &generator) {
        case 0:
            return .integer(Int(truncatingIfNeeded: generator.next() >> UInt64.random(in: 0...63, using: &generator)))
        case 1:
            return .string(string())
        case 2:
            let count = Int.random(in: 0...4, using: &generator)
            return .list((0..<count).map { _ in random(depth: depth - 1, using: &generator) })
        default:
            let keys = Set((0..<Int.random(in: 0...4, using: &generator)).map { _ in string() })
            return .dictionary(
                Dictionary(uniqueKeysWithValues: keys.map { ($0, random(depth: depth - 1, using: &generator)) })
            )
        }
    }
}

@Suite struct `Bencode round trip` {
    @Test(arguments: 0..<8) func `gives back every random value`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<200 {
            let value = BencodeValue.random(depth: 6, using: &generator)
            let bytes = value.encoded()
            #expect(BencodeValue(try BencodeNode.decode(bytes)) == value)
        }
    }

    @Test(arguments: 0..<8) func `of mutated bytes is exact or refused`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(100 + seed))
        for _ in 0..<1_000 {
            var bytes = BencodeValue.random(depth: 4, using: &generator).encoded()
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] = Bool.random(using: &generator) ? .random(in: 0...255, using: &generator) : 0x65
            }
            guard let node = try? BencodeNode.decode(bytes) else { continue }
            // There is one encoding only, so whatever was taken is what we would have written.
            #expect(BencodeValue(node).encoded() == bytes)
        }
    }

    @Test func `refuses every prefix of a value`() throws {
        let bytes = Array("d4:infod6:lengthi5e4:name1:xe4:listli1ei-2ee5:zebra0:e".utf8)
        _ = try BencodeNode.decode(bytes)
        for count in bytes.indices {
            #expect(throws: BencodeError.self) { try BencodeNode.decode(Array(bytes.prefix(count))) }
        }
    }
}
