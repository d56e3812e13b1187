import Testing

@testable import TrackerServer

@Suite struct `Multipart parser` {
    /// What a body says: each part with its field, its file name and its content.
    private struct Part: Hashable {
        var field: String
        var fileName: String?
        var content: String
    }

    private func parts(_ body: String, boundary: String = "B", step: Int = .max) throws -> [Part] {
        var parser = MultipartParser(boundary: try #require(MultipartBoundary(boundary)))
        var parts: [Part] = []
        var rest = Array(body.utf8)[...]
        while !rest.isEmpty {
            parser.feed(rest.prefix(step))
            rest = rest.dropFirst(min(step, rest.count))
            while let event = try parser.next() {
                switch event {
                case .begin(let headers):
                    let name = headers.fileName.map { String(decoding: $0, as: UTF8.self) }
                    parts.append(Part(field: headers.field, fileName: name, content: ""))
                case .content(let bytes):
                    parts[parts.count - 1].content += String(decoding: bytes, as: UTF8.self)
                case .end, .finished:
                    break
                }
            }
        }
        try parser.finish()
        return parts
    }

    private func form(_ content: String, boundary: String = "B", fileName: String = "a.txt") -> String {
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(fileName)\"\r\n"
            + "Content-Type: text/plain\r\n\r\n\(content)\r\n--\(boundary)--\r\n"
    }

    @Test(arguments: [
        "", "x", "\r", "\n", "\r\n", "\r\n\r\n", "--B", "\r\n--", "\r\n--A", "\r\n--Bx", "\r\n--B-", "\r\n--B-x",
        "\r\r\n--\r\n-\r\n--BB\r\n", "--B--", "\r\n--B \r", "\r\n--B \rx", "a\r\n--\r\n--B:", "\r\n\r\n--b\r\n",
    ])
    func `gives the content byte for byte, however the body is cut`(content: String) throws {
        for step in [1, 2, 3, 5, 7, .max] {
            let found = try parts(form(content), step: step)
            #expect(found == [Part(field: "file", fileName: "a.txt", content: content)], "cut every \(step) bytes")
        }
    }

    @Test(arguments: [1, 2, 3, 11, Int.max])
    func `reads several parts, padding, a preamble and an epilogue`(step: Int) throws {
        let body =
            "to be ignored\r\n--B \t \r\nContent-Disposition: form-data; name=one\r\n\r\n1\r\n"
            + "--B\r\ncontent-disposition:form-data;filename=\"x\";name=\"two\"\r\n\r\n\r\n--B--epilogue\r\n--B\r\n"
        #expect(
            try parts(body, step: step) == [
                Part(field: "one", content: "1"), Part(field: "two", fileName: "x", content: ""),
            ]
        )
    }

    @Test(arguments: [
        ("a/b/c.txt", "a/b/c.txt"), (#"say \"hi\".txt"#, #"say "hi".txt"#), (#"back\slash"#, #"back\slash"#),
        (#"two\\"#, #"two\"#), ("%22quoted%22 100%", "\"quoted\" 100%"), ("../../x", "../../x"), ("日本 é", "日本 é"),
        ("semi;colon=1", "semi;colon=1"), ("", ""),
    ])
    func `reads file names as browsers and curl write them`(sent: String, meant: String) throws {
        #expect(try parts(form("x", fileName: sent)).first?.fileName == meant)
    }

    @Test func `finds a boundary of any allowed characters`() throws {
        let boundary = "----=_Part'()+_,-./:=? x"
        #expect(try parts(form("\r\n------=_Part", boundary: boundary), boundary: boundary).count == 1)
        #expect(MultipartBoundary(contentType: "multipart/form-data; boundary=\"a b\"")?.bytes == Array("a b".utf8))
        #expect(
            MultipartBoundary(contentType: "Multipart/Form-Data;charset=x; Boundary=abc ")?.bytes == Array("abc".utf8)
        )
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a", "text/plain", "",
        "multipart/form-data; boundary=\"a ", "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a\u{1}",
        "multipart/form-data; boundary=" + String(repeating: "a", count: 71),
    ])
    func `takes no other content type`(contentType: String) {
        #expect(MultipartBoundary(contentType: contentType) == nil)
    }

    @Test func `says what is wrong with a body`() {
        func expect(_ error: MultipartError, _ body: String, sourceLocation: SourceLocation = #_sourceLocation) {
            for step in [1, 64, .max] {
                #expect(throws: error, sourceLocation: sourceLocation) { try parts(body, step: step) }
            }
        }
        let disposition = "Content-Disposition: form-data; name=\"file\"\r\n"
        expect(.truncated, "--")
        expect(.truncated, String(form("abc").dropLast(4)))
        expect(.truncated, "--B\r\n\(disposition)")
        expect(.truncated, "--B\r\n\(disposition)\r\nabc\r\n--B\r\n")
        expect(.oversizedPreamble, String(repeating: "x", count: 5000))
        expect(.oversizedHeaders(limit: 16384), "--B\r\nX: " + String(repeating: "y", count: 70_000))
        expect(.unnamedPart, "--B\r\n\r\nabc\r\n--B--")
        expect(.unnamedPart, "--B\r\nContent-Type: text/plain\r\n\r\nabc\r\n--B--")
        expect(.unnamedPart, "--B\r\nContent-Disposition: attachment; name=a\r\n\r\nabc\r\n--B--")
        expect(.malformedHeader, "--B\r\nno colon\r\n\r\nabc\r\n--B--")
        expect(.malformedHeader, "--B\r\n\(disposition)\(disposition)\r\nabc\r\n--B--")
        expect(.malformedHeader, "--B\r\nX Y: z\r\n\r\nabc\r\n--B--")
    }
}
