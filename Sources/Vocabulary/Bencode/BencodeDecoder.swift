/// Reads one value with a stack of its own, so that no input can exhaust the thread's.
///
/// Every step consumes at least one byte, and no length is believed before it is compared with what is left.
struct BencodeDecoder {
    /// A list or dictionary whose end has not come yet.
    private struct Container {
        let start: Int
        let isDictionary: Bool
        var items: [BencodeNode] = []
        var entries: [BencodeDictionary.Entry] = []
        /// The key whose value comes next, and where the key began.
        var pendingKey: (bytes: [UInt8], offset: Int)?
    }

    /// More digits than any number that means something.
    private static let maximumDigits = 4_096

    private let bytes: [UInt8]
    private let limits: BencodeLimits
    private var position = 0
    private var tokens = 0
    private var open: [Container] = []

    init(bytes: [UInt8], limits: BencodeLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func decode() throws(BencodeError) -> BencodeNode {
        while true {
            guard let finished = try step() else { continue }
            guard open.isEmpty else {
                add(finished)
                continue
            }
            guard position == bytes.count else { throw .trailingBytes(offset: position) }
            return finished
        }
    }

    /// Reads one token; returns a value when the token completes one.
    private mutating func step() throws(BencodeError) -> BencodeNode? {
        let start = position
        let byte = try current()
        if byte == UInt8(ascii: "e"), !open.isEmpty { return try close() }
        try countToken()
        // Through the index: a copy of the container would count references for every token.
        if let top = open.indices.last, open[top].isDictionary, open[top].pendingKey == nil {
            guard Self.isDigit(byte) else {
                throw Self.beginsValue(byte) ? .keyNotString(offset: start) : .unexpectedByte(byte, offset: start)
            }
            let key = try string()
            try checkOrder(of: key, at: start)
            open[top].pendingKey = (key, start)
            return nil
        }
        switch byte {
        case UInt8(ascii: "i"):
            position += 1
            let number = try number(endingWith: UInt8(ascii: "e"), mayBeNegative: true)
            let digits = bytes[(start + 1)..<(position - 1)]
            let value = number.map { .integer($0) } ?? BencodeNode.Value.wideInteger(Array(digits))
            return BencodeNode(value: value, range: start..<position)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            return BencodeNode(value: .string(try string()), range: start..<position)
        case UInt8(ascii: "l"), UInt8(ascii: "d"):
            guard open.count < limits.maximumDepth else { throw .tooDeep(limit: limits.maximumDepth, offset: start) }
            open.append(Container(start: start, isDictionary: byte == UInt8(ascii: "d")))
            position += 1
            return nil
        default:
            throw .unexpectedByte(byte, offset: start)
        }
    }

    private mutating func add(_ node: BencodeNode) {
        let top = open.count - 1
        if let key = open[top].pendingKey {
            open[top].entries.append(BencodeDictionary.Entry(key: key.bytes, value: node))
            open[top].pendingKey = nil
        } else {
            open[top].items.append(node)
        }
    }

    private mutating func close() throws(BencodeError) -> BencodeNode {
        let container = open.removeLast()
        if let key = container.pendingKey { throw .keyWithoutValue(offset: key.offset) }
        position += 1
        let range = container.start..<position
        guard container.isDictionary else { return BencodeNode(value: .list(container.items), range: range) }
        let entries = try sorted(container.entries, start: container.start)
        return BencodeNode(value: .dictionary(BencodeDictionary(sorted: entries)), range: range)
    }

    private func checkOrder(of key: [UInt8], at offset: Int) throws(BencodeError) {
        guard limits.keyOrder == .sorted, let top = open.indices.last, let last = open[top].entries.indices.last else {
            return
        }
        switch key.withUnsafeBufferPointer(open[top].entries[last].key.compare) {
        case .less: return
        case .equal: throw .duplicateKey(offset: offset)
        case .greater: throw .unsortedKey(offset: offset)
        }
    }

    private func sorted(
        _ entries: [BencodeDictionary.Entry],
        start: Int
    ) throws(BencodeError) -> [BencodeDictionary.Entry] {
        guard limits.keyOrder == .any else { return entries }
        let sorted = entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.key == right.key {
            throw .duplicateKey(offset: start)
        }
        return sorted
    }

    // MARK: - Tokens

    private mutating func string() throws(BencodeError) -> [UInt8] {
        let start = position
        let length = try number(endingWith: UInt8(ascii: ":"), mayBeNegative: false)
        guard let length, length <= bytes.count - position else { throw .stringPastEnd(offset: start) }
        defer { position += length }
        return Array(bytes[position..<position + length])
    }

    /// Decimal ASCII digits in their one canonical form, up to and including `terminator`; `nil` past 64 bits.
    private mutating func number(endingWith terminator: UInt8, mayBeNegative: Bool) throws(BencodeError) -> Int? {
        let start = position
        let first = try current()
        let isNegative = mayBeNegative && first == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let firstDigit = position
        var value: Int? = 0
        while true {
            let byte = try current()
            if byte == terminator, position > firstDigit { break }
            guard Self.isDigit(byte) else { throw .unexpectedByte(byte, offset: position) }
            guard position - firstDigit < Self.maximumDigits else { throw .integerOutOfRange(offset: start) }
            value = value.flatMap { Self.append(digit: byte, to: $0, isNegative: isNegative) }
            position += 1
            if bytes[firstDigit] == UInt8(ascii: "0"), position - firstDigit > 1 { throw .leadingZero(offset: start) }
        }
        if isNegative, value == 0 { throw .negativeZero(offset: start) }
        position += 1
        return value
    }

    private static func append(digit: UInt8, to value: Int, isNegative: Bool) -> Int? {
        let digit = Int(digit - UInt8(ascii: "0"))
        let (tens, tensOverflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, sumOverflow) =
            isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
        return tensOverflow || sumOverflow ? nil : sum
    }

    private func current() throws(BencodeError) -> UInt8 {
        guard position < bytes.count else { throw .endOfInput(offset: bytes.count) }
        return bytes[position]
    }

    private mutating func countToken() throws(BencodeError) {
        tokens += 1
        guard tokens <= limits.maximumTokens else {
            throw .tooManyValues(limit: limits.maximumTokens, offset: position)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    private static func beginsValue(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "i") || byte == UInt8(ascii: "l") || byte == UInt8(ascii: "d")
    }
}
