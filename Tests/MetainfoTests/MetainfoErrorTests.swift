import Bencode
import BitTorrentTypes
import Metainfo
import Testing

/// Fields to change in a valid torrent, and what that is refused for.
struct FieldFault: Sendable {
    let changes: [String: BencodeValue?]
    let error: MetainfoError

    init(_ changes: [String: BencodeValue?], _ error: MetainfoError) {
        self.changes = changes
        self.error = error
    }
}

/// The list of files of a torrent, and what that is refused for.
struct FilesFault: Sendable {
    let files: [BencodeValue]
    let error: MetainfoError

    init(_ files: [BencodeValue], _ error: MetainfoError) {
        self.files = files
        self.error = error
    }
}

@Suite struct `Metainfo refuses` {
    @Test(
        arguments: [
            ("i1e", .notDictionary),
            ("de", .missing(field: "info")),
            ("d4:info1:xe", .wrongType(field: "info", expected: "a dictionary")),
            ("d4:infolee", .wrongType(field: "info", expected: "a dictionary")),
            ("d4:infodee", .missing(field: "name")),
            ("d4:infode4:infodee", .bencode(.duplicateKey(offset: 9))),
            ("", .bencode(.endOfInput(offset: 0))),
            ("<html>", .bencode(.unexpectedByte(0x3C, offset: 0))),
        ] as [(String, MetainfoError)]
    )
    func `what is no torrent`(text: String, error: MetainfoError) {
        #expect(SampleTorrent.fault(text.bytes) == error)
    }

    @Test(arguments: [
        FieldFault(["name": nil], .missing(field: "name")),
        FieldFault(["name": 5], .wrongType(field: "name", expected: "a string")),
        FieldFault(["name": []], .wrongType(field: "name", expected: "a string")),
        FieldFault(["piece length": nil], .missing(field: "piece length")),
        FieldFault(["piece length": "16384"], .wrongType(field: "piece length", expected: "an integer")),
        FieldFault(["piece length": 0], .outOfRange(field: "piece length", value: 0, allowed: 1...(512 << 20))),
        FieldFault(["piece length": -1], .outOfRange(field: "piece length", value: -1, allowed: 1...(512 << 20))),
        FieldFault(
            ["piece length": .integer(.min)],
            .outOfRange(field: "piece length", value: .min, allowed: 1...(512 << 20))
        ),
        FieldFault(
            ["piece length": .integer(.max)],
            .outOfRange(field: "piece length", value: .max, allowed: 1...(512 << 20))
        ),
        FieldFault(
            ["piece length": .integer(1 << 40)],
            .outOfRange(field: "piece length", value: 1 << 40, allowed: 1...(512 << 20))
        ),
        FieldFault(["pieces": nil], .missing(field: "pieces")),
        FieldFault(["pieces": 5], .wrongType(field: "pieces", expected: "a string")),
        FieldFault(["pieces": ""], .raggedPieces(count: 0)),
        FieldFault(["pieces": "123456789012345678901"], .raggedPieces(count: 21)),
        FieldFault(["pieces": SampleTorrent.hashes(2)], .wrongPieceCount(expected: 3, actual: 2)),
        FieldFault(["pieces": SampleTorrent.hashes(4)], .wrongPieceCount(expected: 3, actual: 4)),
        FieldFault(["length": 0], .layout(.emptyTorrent)),
        FieldFault(["length": -1], .outOfRange(field: "length", value: -1, allowed: 0...Int.max)),
        FieldFault(["length": "40000"], .wrongType(field: "length", expected: "an integer")),
        FieldFault(
            ["length": .wideInteger("9223372036854775808".bytes)],
            .wrongType(field: "length", expected: "an integer")
        ),
        FieldFault(["length": .integer(.max)], .layout(.tooManyPieces((Int.max - 1) / 16_384 + 1))),
        FieldFault(["files": [SampleTorrent.file("a")]], .lengthAndFiles),
        FieldFault(["length": nil], .neitherLengthNorFiles),
        FieldFault(["meta version": "2"], .wrongType(field: "meta version", expected: "an integer")),
    ])
    func `wrong fields`(fault: FieldFault) {
        #expect(SampleTorrent.fault(SampleTorrent.bytes(info: fault.changes)) == fault.error)
    }

    @Test(arguments: [
        FilesFault([], .noFiles),
        FilesFault([1, 2], .wrongType(field: "files", expected: "a list of dictionaries")),
        FilesFault([["path": ["a"]]], .missing(field: "length")),
        FilesFault([["length": 1]], .missing(field: "path")),
        FilesFault([["length": 1, "path": "a"]], .wrongType(field: "path", expected: "a list of strings")),
        FilesFault([["length": 1, "path": ["a", 1]]], .wrongType(field: "path", expected: "a list of strings")),
        FilesFault(
            [["length": 1, "path": ["a"], "path.utf-8": "a"]],
            .wrongType(field: "path.utf-8", expected: "a list of strings")
        ),
        FilesFault(
            [SampleTorrent.file("a", length: 20_000), SampleTorrent.file("b", length: -10_000)],
            .outOfRange(field: "length", value: -10_000, allowed: 0...Int.max)
        ),
        FilesFault([SampleTorrent.file("a", length: .integer(.max)), SampleTorrent.file("b")], .totalLengthOverflow),
        FilesFault(
            [
                SampleTorrent.file("a", length: .integer(.max)), SampleTorrent.file("b", length: .integer(.max)),
                SampleTorrent.file("c", length: 16_386),
            ],
            .totalLengthOverflow
        ),
        FilesFault([SampleTorrent.file("a", length: 0)], .layout(.emptyTorrent)),
        FilesFault([SampleTorrent.file("a"), SampleTorrent.file("a")], .pathCollision(path: "a")),
        FilesFault([SampleTorrent.file("a"), SampleTorrent.file("a", "b")], .pathCollision(path: "a/b")),
        FilesFault([SampleTorrent.file("a", "b"), SampleTorrent.file("a")], .pathCollision(path: "a")),
        FilesFault([SampleTorrent.file("A", "x"), SampleTorrent.file("a", "X")], .pathCollision(path: "a/X")),
        FilesFault([SampleTorrent.file("é"), SampleTorrent.file("e\u{301}")], .pathCollision(path: "e\u{301}")),
        FilesFault([SampleTorrent.file("É"), SampleTorrent.file("e\u{301}")], .pathCollision(path: "e\u{301}")),
    ])
    func `wrong files`(fault: FilesFault) {
        #expect(SampleTorrent.fault(SampleTorrent.tree(fault.files)) == fault.error)
    }

    @Test func `files that are a dictionary`() {
        let bytes = SampleTorrent.bytes(info: ["length": nil, "files": ["a": 1]])
        #expect(SampleTorrent.fault(bytes) == .wrongType(field: "files", expected: "a list"))
    }

    @Test func `four exbibytes in one piece of three hundred bytes`() {
        let bytes = SampleTorrent.bytes(info: [
            "length": .integer(1 << 62), "piece length": .integer(1 << 62), "pieces": SampleTorrent.hashes(1),
        ])
        #expect(bytes.count < 300)
        #expect(
            SampleTorrent.fault(bytes) == .outOfRange(field: "piece length", value: 1 << 62, allowed: 1...(512 << 20))
        )
    }

    @Test func `twenty thousand files of one name at once`() {
        let files = [BencodeValue](repeating: SampleTorrent.file("same"), count: 20_000)
        #expect(SampleTorrent.fault(SampleTorrent.tree(files, pieces: 2)) == .pathCollision(path: "same"))
    }

    @Test func `deep nesting under an unknown key`() {
        let nested = [UInt8](repeating: UInt8(ascii: "l"), count: 50_000)
        let end = [UInt8](repeating: UInt8(ascii: "e"), count: 50_000)
        let bytes = "d1:a".bytes + nested + end + "e".bytes
        #expect(SampleTorrent.fault(bytes) == .bencode(.tooDeep(limit: 100, offset: 103)))
    }

    @Test func `every torrent cut short`() {
        let bytes = SampleTorrent.bytes()
        for count in bytes.indices { #expect(SampleTorrent.fault(Array(bytes.prefix(count))) != nil) }
    }
}

@Suite struct `Metainfo error` {
    @Test func `is one line that names the field and the reason`() {
        #expect("\(MetainfoError.missing(field: "info"))" == "torrent without 'info'")
        #expect("\(MetainfoError.path(.dots, path: "../x"))" == "name of only dots in the torrent: ../x")
        #expect("\(MetainfoError.versionTwoOnly)".contains("BEP 52"))
        #expect(
            "\(MetainfoError.versionTwo(.badPieceLength(49_152)))"
                == "'piece length' in the torrent is 49152, not a power of two of at least 16384"
        )
    }
}
