/// An upload reads the same however the network cuts it: the same fields, names and bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard bytes.count > 1, let boundary = MultipartBoundary("x") else { return 0 }
    let body = Array(bytes.dropFirst())
    let step = Int(bytes[0] % 31) + 1
    let cuts = stride(from: 0, to: body.count, by: step).map { body[$0..<min($0 + step, body.count)] }
    precondition(Form(of: [body[...]], boundary) == Form(of: cuts, boundary), "cut otherwise it means something else")
    // The header that names the boundary comes from outside too.
    _ = MultipartBoundary(contentType: String(decoding: body, as: UTF8.self))
    return 0
}

private struct Form: Equatable {
    var parts: [MultipartHeaders] = []
    var contents: [[UInt8]] = []
    var ends = 0
    var isFinished = false
    var error: MultipartError?

    init(of reads: [ArraySlice<UInt8>], _ boundary: MultipartBoundary) {
        var parser = MultipartParser(boundary: boundary)
        do throws(MultipartError) {
            for read in reads {
                parser.feed(read)
                while let event = try parser.next() {
                    switch event {
                    case .begin(let headers):
                        parts.append(headers)
                        contents.append([])
                    case .content(let bytes): contents[contents.count - 1] += bytes
                    case .end: ends += 1
                    case .finished: isFinished = true
                    }
                }
            }
            try parser.finish()
        } catch {
            self.error = error
        }
    }
}
