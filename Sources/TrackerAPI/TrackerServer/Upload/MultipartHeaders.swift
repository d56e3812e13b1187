/// What the headers of one part say: which field it is, and the name of the file in it.
struct MultipartHeaders: Hashable, Sendable {
    let field: String
    /// As sent, slashes and all, looked at by nobody yet; `nil` when the part is no file.
    let fileName: [UInt8]?

    /// Reads the lines before the empty one.
    init(_ block: ArraySlice<UInt8>) throws(MultipartError) {
        var disposition: HeaderParameters?
        var rest = block
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\r") }
            rest = rest.dropFirst(line.count)
            guard rest.isEmpty || rest.starts(with: [0x0D, 0x0A]) else { throw .malformedHeader }
            rest = rest.dropFirst(2)
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            guard name.count < line.count, !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .malformedHeader
            }
            guard String(decoding: name, as: UTF8.self).lowercased() == "content-disposition" else { continue }
            guard disposition == nil else { throw .malformedHeader }
            disposition = HeaderParameters(bytes: line.dropFirst(name.count + 1))
        }
        guard var disposition, disposition.value.lowercased() == "form-data" else { throw .unnamedPart }
        let fileName = disposition.bytes("filename")
        guard let field = disposition.take("name") else { throw .unnamedPart }
        self.field = field
        self.fileName = fileName.map(Self.decoded)
    }

    /// Undoes the three escapes that browsers write in a file name, and no others.
    ///
    /// - Source: HTML, "multipart/form-data encoding algorithm".
    private static func decoded(_ name: [UInt8]) -> [UInt8] {
        let escapes: [([UInt8], UInt8)] = [
            (Array("%22".utf8), 0x22), (Array("%0D".utf8), 0x0D), (Array("%0A".utf8), 0x0A),
        ]
        var result: [UInt8] = []
        var rest = name[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "%"), let (escape, meaning) = escapes.first(where: { rest.starts(with: $0.0) }) {
                result.append(meaning)
                rest = rest.dropFirst(escape.count)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
