import ServiceShapes
import Testing

@Suite struct `The reader of JSON` {
    @Test(
        arguments: [
            ("null", JSONValue.null), (" [ ] ", []), ("{}", .object([])), ("-0", 0), ("0.5e1", .number(5)),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9.223372036854775807e18)),
            (#""a\u00e9\n\/\ud83d\ude00""#, "aé\n/😀"),
            (#"{"b":[true,false],"a":{}}"#, ["b": [true, false], "a": .object([])]),
        ] as [(String, JSONValue)]
    )
    func `takes what is JSON`(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "01", "-", "1.", ".5", "1e", "+1", "NaN", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "\"\t\"", "1 1", "[", "{", "}", "'a'", "// a\n1",
    ])
    func `refuses what is none`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
    }

    @Test func `refuses what two readers could take differently`() {
        func fault(_ bytes: [UInt8]) -> JSONError? {
            do throws(JSONError) {
                _ = try JSONValue.parse(bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(Array(#"{"a":1,"\u0061":2}"#.utf8)) == .duplicateKey("a"))
        #expect(fault(Array(#""\ud800""#.utf8)) == .notUTF8)
        #expect(fault(Array(#""\udc00\ud800""#.utf8)) == .notUTF8)
        #expect(fault([0x22, 0xFF, 0x22]) == .notUTF8)
        #expect(fault(Array("[1e400]".utf8)) == .badNumber(offset: 1))
        #expect(fault(Array(repeating: UInt8(ascii: "["), count: 100_000)) == .tooDeep(limit: 16))
        #expect(
            fault([UInt8](repeating: UInt8(ascii: "["), count: 16) + [UInt8](repeating: UInt8(ascii: "]"), count: 16))
                == nil
        )
    }

    @Test func `reads back what is written`() throws {
        let value: JSONValue = ["a": ["é\u{1b}\"\\", .number(0.1), .integer(-7), .null], "b": ["c": true]]
        #expect(try JSONValue.parse(Array(value.encoded.utf8)) == value)
    }
}
