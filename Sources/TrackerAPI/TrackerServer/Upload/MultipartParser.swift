/// Reads a `multipart/form-data` body piece by piece, holding no more than what is undecided.
///
///     preamble  --boundary␍␊  headers  ␍␊␍␊  content  ␍␊--boundary␍␊ …  ␍␊--boundary--  epilogue
///
/// A line that begins like the boundary and goes on otherwise is content, so a file may hold another form.
///
/// - Source: RFC 2046, section 5.1; RFC 7578.
struct MultipartParser {
    enum Event: Hashable {
        case begin(MultipartHeaders)
        /// The next bytes of the part that began.
        case content([UInt8])
        case end
        /// The closing delimiter was read; what follows does not matter.
        case finished
    }

    static let headerLimit = 16 * 1024
    static let preambleLimit = 4 * 1024

    private enum State { case preamble, headers, content, closing, finished }

    private let delimiter: MultipartDelimiter
    private var state = State.preamble
    /// What was fed and not yet told; the first delimiter gets the line break that it need not have.
    private var buffer: [UInt8] = [0x0D, 0x0A]
    private var start = 0
    private var preambleLength = 0

    init(boundary: MultipartBoundary) {
        delimiter = MultipartDelimiter(boundary: boundary)
    }

    /// Takes the next bytes; ask for every event before the next call.
    mutating func feed(_ bytes: some Collection<UInt8>) {
        guard state != .finished else { return }
        buffer.removeSubrange(..<start)
        start = 0
        buffer.append(contentsOf: bytes)
    }

    /// The next event; `nil` when more bytes are needed.
    mutating func next() throws(MultipartError) -> Event? {
        if state == .preamble { try skipPreamble() }
        switch state {
        case .preamble, .finished:
            return nil
        case .headers:
            return try readHeaders()
        case .content:
            return readContent()
        case .closing:
            state = .finished
            buffer = []
            start = 0
            return .finished
        }
    }

    /// Throws when the body ended too early.
    func finish() throws(MultipartError) {
        guard state == .finished else { throw .truncated }
    }

    private mutating func skipPreamble() throws(MultipartError) {
        let found = delimiter.search(buffer, from: start)
        preambleLength += found.before
        guard preambleLength <= Self.preambleLimit else { throw .oversizedPreamble }
        start += found.before
        if let end = found.end { leave(end) }
    }

    private mutating func readHeaders() throws(MultipartError) -> Event? {
        let block = buffer[start...].prefix(Self.headerLimit)
        // A part without headers begins with the empty line.
        let lineBreak: [UInt8] = [0x0D, 0x0A]
        if block.starts(with: lineBreak) { throw .unnamedPart }
        var end = block.startIndex
        while let found = block[end...].firstIndex(of: 0x0D) {
            if block[found...].starts(with: lineBreak + lineBreak) {
                let headers = try MultipartHeaders(block[..<found])
                start = found + 4
                state = .content
                return .begin(headers)
            }
            end = found + 1
        }
        guard block.count < Self.headerLimit else { throw .oversizedHeaders(limit: Self.headerLimit) }
        return nil
    }

    private mutating func readContent() -> Event? {
        let found = delimiter.search(buffer, from: start)
        guard found.before == 0 else {
            defer { start += found.before }
            return .content(Array(buffer[start..<start + found.before]))
        }
        guard let end = found.end else { return nil }
        leave(end)
        return .end
    }

    private mutating func leave(_ end: MultipartDelimiter.End) {
        start += end.length
        state = end.isLast ? .closing : .headers
    }
}
