import ArgumentParser
import Bencode
import ServiceShapes

struct BencodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bencode",
        abstract: "Decode a bencoded file strictly and print it as JSON.",
        discussion: """
            Byte strings that are not UTF-8 appear as {"hex": "…"}; integers are exact, however long.

            EXAMPLE:
              p2pctl bencode album.torrent | jq .info.name
            """
    )

    @Argument(help: ArgumentHelp("The bencoded file.", valueName: "file"))
    var file: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let bytes = try InputFile.read(.absolute(file))
        let node: BencodeNode
        do {
            node = try BencodeNode.decode(bytes)
        } catch {
            throw CommandFailure("\(DisplayText.escaped(file)) is not strict bencode: \(error)")
        }
        try Console.current.output.line(JSONValue(node))
    }
}

extension JSONValue {
    /// A decoded value as JSON; decoding has bounded its depth, and so this recursion.
    init(_ node: BencodeNode) {
        switch node.value {
        case .integer(let integer): self = .integer(integer)
        case .wideInteger(let digits): self = .digits(digits)
        case .string(let bytes): self = .bytes(bytes)
        case .list(let items): self = .array(items.map(JSONValue.init))
        case .dictionary(let dictionary):
            self = .object(dictionary.entries.map { Field(key: Self.key($0.key), value: JSONValue($0.value)) })
        }
    }

    /// A JSON key is text; one that is not UTF-8 is named by its digits.
    private static func key(_ bytes: [UInt8]) -> String {
        if case .text(let text) = JSONValue.bytes(bytes) { return text }
        return JSONValue.bytes(bytes).encoded
    }
}
