import Foundation

/// An open file without a name, gone with its last reference.
final class TemporaryFile: Sendable {
    let descriptor: CInt

    init(_ bytes: [UInt8]) throws {
        var name = Array((NSTemporaryDirectory() + "/p2p-XXXXXX").utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0, unlink(name) == 0, write(descriptor, bytes, bytes.count) == bytes.count else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    func read(_ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        guard pread(descriptor, &bytes, range.count, off_t(range.lowerBound)) == range.count else {
            throw CocoaError(.fileReadUnknown)
        }
        return bytes
    }

    deinit { close(descriptor) }
}
