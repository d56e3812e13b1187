import CZeroMQ
import Glibc

/// A libzmq context: its I/O thread and the room for its sockets.
///
/// The one part of libzmq that may be used from any thread. Sockets hold it, so it ends after the last of them.
package final class ZeroMQContext: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    package init() throws(ZeroMQError) {
        guard let handle = zmq_ctx_new() else { throw .last("zmq_ctx_new") }
        self.handle = handle
        zmq_ctx_set(handle, ZMQ_IO_THREADS, 1)
    }

    deinit {
        // Waits for unsent messages, for at most the linger time of the sockets.
        while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }
}
