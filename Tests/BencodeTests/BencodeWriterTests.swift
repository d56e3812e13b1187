import Bencode
import Testing

@Suite struct `Bencode writer` {
    @Test func `writes what the same value encodes to`() throws {
        var writer = BencodeWriter()
        writer.dictionary { root in
            root.key("a")
            root.list { list in
                list.integer(-5)
                list.string([0xFF, 0x00])
                list.text("ü")
            }
            root.key("b")
            root.value(["x": 1, "y": []])
            root.key("c")
            root.beginDictionary()
            root.end()
            root.key("d")
            root.beginList()
            root.end()
        }
        let value: BencodeValue = ["a": [-5, .string([0xFF, 0x00]), "ü"], "b": ["x": 1, "y": []], "c": [:], "d": []]
        #expect(writer.bytes == value.encoded())
        #expect(BencodeValue(try BencodeNode.decode(writer.bytes)) == value)
    }
}
