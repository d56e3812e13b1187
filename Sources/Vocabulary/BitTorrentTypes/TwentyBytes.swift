/// Twenty bytes held inline, so that an info-hash or a peer id is a key without an allocation.
///
///     bytes   0 ───────── 7 │ 8 ───────── 15 │ 16 ── 19
///     words   first         │ second         │ third        (big endian)
struct TwentyBytes: Hashable, Sendable {
    static let count = 20

    private var first: UInt64
    private var second: UInt64
    private var third: UInt32

    /// Takes exactly twenty bytes; anything else is `nil`.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        var iterator = bytes.makeIterator()
        func word<Word: FixedWidthInteger>(_: Word.Type) -> Word {
            var word: Word = 0
            for _ in 0..<MemoryLayout<Word>.size { word = word << 8 | Word(iterator.next() ?? 0) }
            return word
        }
        first = word(UInt64.self)
        second = word(UInt64.self)
        third = word(UInt32.self)
    }

    /// Reads twenty bytes at `pointer`, wherever they lie.
    init(loadingFrom pointer: UnsafeRawPointer) {
        first = UInt64(bigEndian: pointer.loadUnaligned(as: UInt64.self))
        second = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        third = UInt32(bigEndian: pointer.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Writes twenty bytes at `pointer`.
    func store(to pointer: UnsafeMutableRawPointer) {
        pointer.storeBytes(of: first.bigEndian, as: UInt64.self)
        pointer.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
        pointer.storeBytes(of: third.bigEndian, toByteOffset: 16, as: UInt32.self)
    }

    var words: (UInt64, UInt64, UInt32) { (first, second, third) }

    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.count) { buffer, count in
            for index in 0..<8 { buffer[index] = UInt8(truncatingIfNeeded: first >> (56 - 8 * index)) }
            for index in 0..<8 { buffer[8 + index] = UInt8(truncatingIfNeeded: second >> (56 - 8 * index)) }
            for index in 0..<4 { buffer[16 + index] = UInt8(truncatingIfNeeded: third >> (24 - 8 * index)) }
            count = Self.count
        }
    }
}
