import Glibc
import ServiceShapes
import Synchronization

/// One of the two streams that a command writes to.
///
/// A reader that went away (`p2pctl list | head -1`) is an error that ends the command, not a signal that kills it.
final class Output: Sendable {
    private enum Target {
        case descriptor(Int32)
        case memory([UInt8])
    }

    private let target: Mutex<Target>

    init(descriptor: Int32) {
        target = Mutex(.descriptor(descriptor))
    }

    /// Keeps what is written, for tests.
    init() {
        target = Mutex(.memory([]))
    }

    /// What was written so far to an output that keeps it.
    var text: String {
        target.withLock {
            if case .memory(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { "" }
        }
    }

    func write(_ text: String) throws(CommandFailure) {
        try write(Array(text.utf8))
    }

    func line(_ text: String) throws(CommandFailure) {
        try write(text + "\n")
    }

    func line(_ value: JSONValue) throws(CommandFailure) {
        try line(value.encoded)
    }

    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        try target.withLock { (target) throws(CommandFailure) in
            switch target {
            case .memory(var kept):
                kept += bytes
                target = .memory(kept)
            case .descriptor(let descriptor):
                try Self.write(bytes[...], to: descriptor)
            }
        }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(CommandFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            let failure = errno
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if failure == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if failure != EINTR {
                throw CommandFailure("the output could not be written: \(SystemError.text(failure))")
            }
        }
    }
}
