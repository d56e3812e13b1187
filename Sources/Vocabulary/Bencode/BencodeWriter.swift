/// Writes bencode piece by piece, for values too large to be held as a ``BencodeValue``.
///
///     writer.dictionary { writer in
///         writer.key("length")
///         writer.integer(5)
///     }                                   // d6:lengthi5ee
///
/// The caller writes keys in ascending order, each with one value behind it.
///
/// - Source: BEP 3, "bencoding".
package struct BencodeWriter {
    package private(set) var bytes: [UInt8] = []

    package init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func integer(_ value: Int) {
        bytes.append(UInt8(ascii: "i"))
        bytes += String(value).utf8
        bytes.append(UInt8(ascii: "e"))
    }

    package mutating func string(_ string: [UInt8]) {
        bytes += String(string.count).utf8
        bytes.append(UInt8(ascii: ":"))
        bytes += string
    }

    package mutating func text(_ text: String) {
        bytes += String(text.utf8.count).utf8
        bytes.append(UInt8(ascii: ":"))
        bytes += text.utf8
    }

    /// The key of a dictionary; its value comes next.
    package mutating func key(_ key: String) { text(key) }

    package mutating func value(_ value: BencodeValue) { bytes += value.encoded() }

    package mutating func beginList() { bytes.append(UInt8(ascii: "l")) }

    package mutating func beginDictionary() { bytes.append(UInt8(ascii: "d")) }

    /// Ends the list or dictionary that was begun last.
    package mutating func end() { bytes.append(UInt8(ascii: "e")) }

    package mutating func list(_ items: (inout BencodeWriter) -> Void) {
        beginList()
        items(&self)
        end()
    }

    package mutating func dictionary(_ entries: (inout BencodeWriter) -> Void) {
        beginDictionary()
        entries(&self)
        end()
    }
}
