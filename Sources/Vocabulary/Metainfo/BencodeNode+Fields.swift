import Bencode

/// Fields of dictionaries, or an error that names the field.
extension BencodeNode {
    func field(_ name: String) throws(MetainfoError) -> BencodeNode {
        guard let field = self[name] else { throw .missing(field: name) }
        return field
    }

    func integer(_ name: String, in allowed: ClosedRange<Int>) throws(MetainfoError) -> Int {
        guard let integer = try field(name).integer else { throw .wrongType(field: name, expected: "an integer") }
        guard allowed.contains(integer) else { throw .outOfRange(field: name, value: integer, allowed: allowed) }
        return integer
    }

    func string(_ name: String) throws(MetainfoError) -> [UInt8] {
        guard let string = try field(name).string else { throw .wrongType(field: name, expected: "a string") }
        return string
    }
}

extension [BencodeNode] {
    /// The strings of a list of nothing else.
    var strings: [[UInt8]]? {
        let strings = compactMap(\.string)
        return strings.count == count ? strings : nil
    }
}
