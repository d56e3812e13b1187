import Bencode
import Testing

@Suite struct `Bencode decoder` {
    @Test(
        arguments: [
            ("", .endOfInput(offset: 0)),
            ("i42", .endOfInput(offset: 3)),
            ("ie", .unexpectedByte(0x65, offset: 1)),
            ("i-e", .unexpectedByte(0x65, offset: 2)),
            ("i--1e", .unexpectedByte(0x2D, offset: 2)),
            ("i+1e", .unexpectedByte(0x2B, offset: 1)),
            ("i 1e", .unexpectedByte(0x20, offset: 1)),
            ("i1.5e", .unexpectedByte(0x2E, offset: 2)),
            ("i-0e", .negativeZero(offset: 1)),
            ("i03e", .leadingZero(offset: 1)),
            ("i-07e", .leadingZero(offset: 1)),
            ("i00e", .leadingZero(offset: 1)),
            ("i٣e", .unexpectedByte(0xD9, offset: 1)),
            ("i３e", .unexpectedByte(0xEF, offset: 1)),
            ("３:abc", .unexpectedByte(0xEF, offset: 0)),
            ("1３:abc", .unexpectedByte(0xEF, offset: 1)),
            ("10:abc", .stringPastEnd(offset: 0)),
            ("-1:a", .unexpectedByte(0x2D, offset: 0)),
            ("5hello", .unexpectedByte(0x68, offset: 1)),
            (":abc", .unexpectedByte(0x3A, offset: 0)),
            ("03:abc", .leadingZero(offset: 0)),
            ("3", .endOfInput(offset: 1)),
            ("9223372036854775807:a", .stringPastEnd(offset: 0)),
            ("2147483648:a", .stringPastEnd(offset: 0)),
            ("4294967297:a", .stringPastEnd(offset: 0)),
            ("18446744073709551617:a", .stringPastEnd(offset: 0)),
            ("li1e", .endOfInput(offset: 4)),
            ("d1:ai1e", .endOfInput(offset: 7)),
            ("d1:ae", .keyWithoutValue(offset: 1)),
            ("d1:ai1e1:be", .keyWithoutValue(offset: 7)),
            ("di1ei2ee", .keyNotString(offset: 1)),
            ("dlei2ee", .keyNotString(offset: 1)),
            ("dxi2ee", .unexpectedByte(0x78, offset: 1)),
            ("d1:ai1e1:ai2ee", .duplicateKey(offset: 7)),
            ("d1:bi1e1:ai2ee", .unsortedKey(offset: 7)),
            ("d2:aai1e1:ai2ee", .unsortedKey(offset: 8)),
            ("e", .unexpectedByte(0x65, offset: 0)),
            ("i1ei2e", .trailingBytes(offset: 3)),
            ("i1e\n", .trailingBytes(offset: 3)),
            ("\u{FEFF}i1e", .unexpectedByte(0xEF, offset: 0)),
            ("<!doctype html>", .unexpectedByte(0x3C, offset: 0)),
            ("{\"a\": 1}", .unexpectedByte(0x7B, offset: 0)),
            ("\u{1F}\u{8B}\u{8}", .unexpectedByte(0x1F, offset: 0)),
        ] as [(String, BencodeError)]
    )
    func `refuses what is not canonical`(input: String, error: BencodeError) {
        #expect(throws: error) { try BencodeNode.decode(Array(input.utf8)) }
    }

    @Test(
        arguments: [
            ("i0e", .integer(0)),
            ("i-1e", .integer(-1)),
            ("i9223372036854775807e", .integer(.max)),
            ("i-9223372036854775808e", .integer(.min)),
            ("i9223372036854775808e", .wideInteger(Array("9223372036854775808".utf8))),
            ("i-9223372036854775809e", .wideInteger(Array("-9223372036854775809".utf8))),
            ("0:", .string([])),
            ("5:hello", "hello"),
            ("le", []),
            ("de", [:]),
            ("li1e1:ae", [1, "a"]),
            ("d0:i1e1:ai2ee", ["": 1, "a": 2]),
            ("d1:ad1:bleee", ["a": ["b": []]]),
        ] as [(String, BencodeValue)]
    )
    func `takes what is canonical`(input: String, value: BencodeValue) throws {
        let bytes = Array(input.utf8)
        let node = try BencodeNode.decode(bytes)
        #expect(BencodeValue(node) == value)
        #expect(node.range == bytes.indices)
        #expect(value.encoded() == bytes)
    }

    @Test func `keeps keys that are equal as text and different as bytes`() throws {
        let composed = Array("é".utf8)
        let decomposed = Array("e\u{301}".utf8)
        let value = BencodeValue.dictionary([composed: 1, decomposed: 2, [0xFF, 0xFE]: 3])
        let dictionary = try #require(try BencodeNode.decode(value.encoded()).dictionary)
        #expect(dictionary.entries.map(\.key) == [decomposed, composed, [0xFF, 0xFE]])
        #expect(dictionary[composed]?.integer == 1)
        #expect(dictionary[decomposed]?.integer == 2)
        #expect(dictionary[[0xFF, 0xFE]]?.integer == 3)
        #expect(dictionary[[0xFF]] == nil)
    }

    @Test func `remembers where each value was`() throws {
        let node = try BencodeNode.decode(Array("d4:infod1:ai1ee4:name1:xe".utf8))
        #expect(node["info"]?.range == 7..<15)
        #expect(node["info"]?["a"]?.range == 11..<14)
        #expect(node["name"]?.range == 21..<24)
        #expect(node["none"] == nil)
        #expect(node["name"]?["a"] == nil)
    }

    @Test func `finds every key of a large dictionary`() throws {
        let keys = (0..<1_000).map { "key \($0)" }
        let value = BencodeValue.dictionary(
            Dictionary(uniqueKeysWithValues: keys.enumerated().map { (Array($1.utf8), .integer($0)) })
        )
        let node = try BencodeNode.decode(value.encoded())
        for (index, key) in keys.enumerated() { #expect(node[key]?.integer == index) }
    }

    @Test func `takes keys in any order where that is allowed, each only once`() throws {
        let limits = BencodeLimits.message
        let node = try BencodeNode.decode(Array("d1:bi1e1:ai2ee".utf8), limits: limits)
        #expect(BencodeValue(node) == ["a": 2, "b": 1])
        #expect(throws: BencodeError.duplicateKey(offset: 0)) {
            try BencodeNode.decode(Array("d1:bi1e1:ai2e1:bi1ee".utf8), limits: limits)
        }
    }
}

@Suite struct `Bencode limits` {
    @Test(arguments: [101, 1_200, 100_000, 1_000_000])
    func `stop deep nesting without deep recursion`(depth: Int) {
        let lists = [UInt8](repeating: UInt8(ascii: "l"), count: depth)
        #expect(throws: BencodeError.tooDeep(limit: 100, offset: 100)) { try BencodeNode.decode(lists) }
        let dictionaries = Array(repeatElement(Array("d1:a".utf8), count: depth).joined())
        #expect(throws: BencodeError.tooDeep(limit: 100, offset: 400)) { try BencodeNode.decode(dictionaries) }
    }

    @Test func `allow a hundred levels`() throws {
        let bytes =
            [UInt8](repeating: UInt8(ascii: "l"), count: 100) + [UInt8](repeating: UInt8(ascii: "e"), count: 100)
        #expect(try BencodeNode.decode(bytes).range == 0..<200)
        #expect(BencodeLimits(maximumDepth: 1_000_000).maximumDepth == 100)
    }

    @Test func `stop digits without end at once`() {
        let digits = [UInt8](repeating: UInt8(ascii: "1"), count: 2_000_000)
        #expect(throws: BencodeError.integerOutOfRange(offset: 1)) {
            try BencodeNode.decode([UInt8(ascii: "i")] + digits)
        }
        #expect(throws: BencodeError.integerOutOfRange(offset: 0)) { try BencodeNode.decode(digits) }
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 2_000_000)
        #expect(throws: BencodeError.leadingZero(offset: 1)) { try BencodeNode.decode([UInt8(ascii: "i")] + zeros) }
    }

    @Test func `bound the number of values and of bytes`() throws {
        let limits = BencodeLimits(maximumBytes: 10, maximumTokens: 3)
        #expect(try BencodeNode.decode(Array("llelee".utf8), limits: limits).list?.count == 2)
        #expect(throws: BencodeError.tooManyValues(limit: 3, offset: 5)) {
            try BencodeNode.decode(Array("llelelee".utf8), limits: limits)
        }
        #expect(throws: BencodeError.tooLarge(count: 11, limit: 10)) {
            try BencodeNode.decode(Array("9:123456789".utf8), limits: limits)
        }
    }

    @Test func `take a megabyte string and a hundred thousand items`() throws {
        let string = [UInt8](repeating: 7, count: 1 << 20)
        #expect(try BencodeNode.decode(BencodeValue.string(string).encoded()).string == string)
        let items = BencodeValue.list((0..<100_000).map { .integer($0) })
        #expect(try BencodeNode.decode(items.encoded()).list?.count == 100_000)
    }
}

@Suite struct `Bencode error` {
    @Test func `reads as one sentence with the place`() {
        #expect("\(BencodeError.unexpectedByte(0x78, offset: 5))" == "unexpected byte 'x' in bencode at byte 5")
        #expect("\(BencodeError.unexpectedByte(0, offset: 5))" == "unexpected byte 0x0 in bencode at byte 5")
        #expect("\(BencodeError.endOfInput(offset: 9))" == "bencode ends at byte 9 in the middle of a value")
    }
}
