import NIOCore
import PeerWire

/// A handshake is 68 bytes that read the same however they come, and are written as they were read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    var whole = ByteBuffer(bytes: bytes)
    guard let handshake = try? Handshake.read(from: &whole) else { return 0 }
    precondition(bytes.count - whole.readableBytes == Handshake.byteCount, "a handshake takes its 68 bytes")
    for count in 0..<Handshake.byteCount {
        var part = ByteBuffer(bytes: bytes.prefix(count))
        guard let early = try? Handshake.read(from: &part) else { continue }
        fatalError("a handshake out of \(count) bytes: \(early)")
    }
    var written = ByteBuffer()
    handshake.write(into: &written)
    precondition(Array(written.readableBytesView) == Array(bytes.prefix(Handshake.byteCount)), "written otherwise")
    return 0
}
