import CZeroMQ
import Glibc

/// An eventfd that ends the poll of an owner thread.
package final class WakeSignal: Sendable {
    package let descriptor: CInt

    package init() throws(ZeroMQError) {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw ZeroMQError(call: "eventfd", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    package func signal() {
        var one: UInt64 = 1
        // The only failure of a non-blocking eventfd is a full counter, and then the thread is awake anyhow.
        while write(descriptor, &one, 8) < 0, errno == EINTR {}
    }

    package func drain() {
        var count: UInt64 = 0
        while read(descriptor, &count, 8) < 0, errno == EINTR {}
    }
}
