import Bencode
import ServiceShapes
import Testing

@testable import ControlCommands

@Suite struct `JSON output` {
    @Test func `keeps the order of keys`() {
        let value: JSONValue = ["b": .integer(1), "a": .array([.null, .boolean(true), .number(0.5)])]
        #expect(value.encoded == #"{"b":1,"a":[null,true,0.5]}"#)
    }

    @Test(arguments: [
        ("a\"b\\c", #""a\"b\\c""#),
        ("\u{0}\n\u{1b}", #""\u0000\n\u001b""#),
        ("\u{202e}", #""\u202e""#),
        ("\u{E0041}", #""\udb40\udc41""#),
        ("日本", #""日本""#),
    ])
    func `escapes what acts on a terminal`(text: String, json: String) {
        #expect(JSONValue.text(text).encoded == json)
    }

    @Test func `has no number that JSON has not`() {
        #expect(JSONValue.number(.nan).encoded == "null")
        #expect(JSONValue.number(-.infinity).encoded == "null")
    }

    @Test func `names bytes that are not UTF-8 as text and exactly`() {
        #expect(JSONValue.name("name", [0x61, 0xFF]).encoded == "{\"name\":\"a\u{FFFD}\",\"name_hex\":\"61ff\"}")
        #expect(JSONValue.name("name", [0x61]).encoded == #"{"name":"a"}"#)
        #expect(JSONValue.bytes([0xFF]).encoded == #"{"hex":"ff"}"#)
    }

    @Test(arguments: [
        ("i-42e", "-42"),
        ("i123456789012345678901234567890e", "123456789012345678901234567890"),
        ("le", "[]"),
        ("d1:a1:b1:cli1eee", #"{"a":"b","c":[1]}"#),
        ("2:é", #""é""#),
    ])
    func `shows bencode`(bencode: String, json: String) throws {
        let node = try BencodeNode.decode(Array(bencode.utf8))
        #expect(JSONValue(node).encoded == json)
    }
}
