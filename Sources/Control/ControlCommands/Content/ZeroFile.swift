import Glibc

/// A file of zeros without a name: what padding files (BEP 47) hold.
final class ZeroFile: Sendable {
    private let descriptor: Int32

    /// Makes one of `length` bytes, none of which takes room.
    init(length: Int) throws(CommandFailure) {
        var name = Array("/tmp/p2p-zeros-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw CommandFailure("no file can be made in /tmp: \(SystemError.text(errno)); make room there")
        }
        unlink(name)
        guard ftruncate(descriptor, length) == 0 else {
            let failure = errno
            close(descriptor)
            throw CommandFailure("no file can be made in /tmp: \(SystemError.text(failure)); make room there")
        }
    }

    deinit { close(descriptor) }

    /// Opens as long as this value lives.
    var path: BytePath { BytePath("/proc/self/fd/\(descriptor)") }
}
