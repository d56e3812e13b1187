import Bencode
import BitTorrentTypes
import Metainfo
import Testing

@Suite struct `Paths in a torrent` {
    static let dangerous: [([UInt8], PathFault)] = [
        ([], .emptyComponent),
        (".".bytes, .dots),
        ("..".bytes, .dots),
        ("/".bytes, .separator),
        ("///".bytes, .separator),
        ("/tmp/x".bytes, .separator),
        ("a/b".bytes, .separator),
        ("../x".bytes, .separator),
        ("..\\x".bytes, .separator),
        ("\\\\host\\share".bytes, .separator),
        ("C:\\x".bytes, .separator),
        ("C:".bytes, .driveLetter),
        ("a\0b".bytes, .nul),
        ([0xC0, 0xAF], .overlongEncoding),
        ([0xC0, 0xAE, 0xC0, 0xAE], .overlongEncoding),
        ([0xE0, 0x80, 0xAF], .overlongEncoding),
        ([0xF0, 0x80, 0x80, 0xAE], .overlongEncoding),
        ([0xC0, 0x80], .overlongEncoding),
        ([0xC1, 0x9C], .overlongEncoding),
        ([0xE0, 0x81, 0x9C], .overlongEncoding),
        ([UInt8](repeating: 0x61, count: 256), .longComponent(count: 256)),
        ([UInt8](repeating: 0x61, count: 300), .longComponent(count: 300)),
    ]

    @Test(arguments: dangerous)
    func `are refused when they could lead out`(component: [UInt8], fault: PathFault) throws {
        for path in [[component], [component, "x".bytes], ["x".bytes, component]] {
            let file = SampleTorrent.dictionary(["length": 1, "path": .list(path.map { .string($0) })])
            guard case .path(let found, _) = SampleTorrent.fault(SampleTorrent.tree([file])) else {
                Issue.record("taken: \(path)")
                continue
            }
            #expect(found == fault)
        }
        // The same holds for the name of the torrent, alone or as a folder.
        for bytes in [
            SampleTorrent.bytes(info: ["name": .string(component)]),
            SampleTorrent.tree([SampleTorrent.file("a")], name: .string(component)),
        ] {
            guard case .path(fault, _) = SampleTorrent.fault(bytes) else {
                Issue.record("taken as a name: \(component)")
                continue
            }
        }
    }

    @Test(arguments: [
        String(repeating: "x", count: 255), "🎉 party.txt", "שלום", "\u{202E}gpj.exe", "with space ", " lead", "...",
        "..a", ".hidden", "CON", "NUL.txt", "-rf", "a:b", "<img src=x onerror=alert(1)>", "$(touch x)", "%s%n", "a\nb",
        "\u{1B}[31mred", "'; DROP TABLE torrents; --", "．．", "a∕b", "name?*|\"",
    ])
    func `are kept to the byte when they are only odd`(name: String) throws {
        let torrent = try Metainfo.parse(SampleTorrent.tree([SampleTorrent.file(.text(name))], name: .text(name)))
        #expect(torrent.name == name.bytes)
        #expect(torrent.files[0].path == [name.bytes])
    }

    @Test func `tell of look-alikes`() throws {
        let torrent = try Metainfo.parse(SampleTorrent.tree([SampleTorrent.file("．．")]))
        #expect(torrent.warnings == ["name with a look-alike of a path separator or dot, kept: ．．"])
    }

    @Test func `keep two names apart that are not UTF-8`() throws {
        let files: [BencodeValue] = [
            SampleTorrent.file(.string([0x61, 0xFF])), SampleTorrent.file(.string([0x61, 0xFE])),
            SampleTorrent.file(.string([0x41, 0xFF])),
        ]
        let torrent = try Metainfo.parse(SampleTorrent.tree(files))
        #expect(torrent.files.map(\.path) == [[[0x61, 0xFF]], [[0x61, 0xFE]], [[0x41, 0xFF]]])
    }

    @Test func `are refused when they are too long, too deep or empty`() {
        func fault(_ path: [BencodeValue]) -> MetainfoError? {
            SampleTorrent.fault(SampleTorrent.tree([["length": 1, "path": .list(path)]]))
        }
        let component = BencodeValue.text(String(repeating: "x", count: 200))
        guard case .path(.longPath(6_029), _) = fault(Array(repeating: component, count: 30)) else {
            Issue.record("a path of 6,000 bytes was taken")
            return
        }
        guard case .path(.deepPath(5_000), _) = fault(Array(repeating: "a", count: 5_000)) else {
            Issue.record("a path of 5,000 levels was taken")
            return
        }
        #expect(fault([]) == .path(.emptyPath, path: "(empty)"))
    }

    @Test func `are shown escaped`() {
        let file = SampleTorrent.file("a\u{1B}[31m\n\u{202E}", "..")
        #expect(
            SampleTorrent.fault(SampleTorrent.tree([file]))
                == .path(.dots, path: "a\\u{1b}[31m\\u{a}\\u{202e}/..")
        )
    }
}
