import CZlib
import NIOCore

/// Bytes as a gzip member (RFC 1952).
enum GZip {
    /// A window of 32 KiB, and 16: with a gzip header.
    private static let windowBits: Int32 = 15 + 16
    /// Beyond it a JSON page shrinks by a percent and takes twice the time.
    private static let level: Int32 = 5

    /// `nil` when zlib gets no memory: the answer then goes out as it is.
    static func compress(_ bytes: ByteBuffer) -> ByteBuffer? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        let began = deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            windowBits,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            size
        )
        guard began == Z_OK, let length = UInt32(exactly: bytes.readableBytes) else { return nil }
        defer { deflateEnd(&stream) }
        var output = ByteBuffer()
        let bound = Int(deflateBound(&stream, UInt(length)))
        let ended = output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
            bytes.withUnsafeReadableBytes { source in
                // zlib declares what it only reads as mutable.
                stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = length
                stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(clamping: target.count)
                return deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
            }
        }
        return ended > 0 ? output : nil
    }
}
