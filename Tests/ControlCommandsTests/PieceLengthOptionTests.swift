import Testing

@testable import ControlCommands

@Suite struct `Piece length` {
    @Test(arguments: [
        ("auto", PieceLengthOption.automatic), ("AUTO", .automatic), ("16384", .bytes(16_384)),
        ("256KiB", .bytes(262_144)), ("256k", .bytes(262_144)), ("1MiB", .bytes(1 << 20)), ("256M", .bytes(256 << 20)),
    ])
    func `is auto or a power of two`(text: String, expected: PieceLengthOption) throws {
        #expect(try PieceLengthOption.parse(text) == expected)
    }

    @Test(arguments: [
        ("", PieceLengthOption.Fault.notASize), ("KiB", .notASize), ("-1", .notASize), ("256 KiB", .notASize),
        ("256KB", .notASize), ("٢٥٦KiB", .notASize), ("99999999999999999999", .notASize), ("0", .outOfRange),
        ("8KiB", .outOfRange), ("512MiB", .outOfRange), ("9007199254740993M", .outOfRange),
        ("300KiB", .notAPowerOfTwo(307_200)),
    ])
    func `is refused otherwise`(text: String, fault: PieceLengthOption.Fault) {
        #expect(throws: fault) { try PieceLengthOption.parse(text) }
    }
}
