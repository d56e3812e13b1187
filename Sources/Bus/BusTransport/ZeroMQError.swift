import CZeroMQ

/// A call to libzmq, or to the system below it, that failed.
package struct ZeroMQError: Error, Hashable, Sendable {
    package let call: String
    /// An `errno`, or one of libzmq's own numbers above it.
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    static func last(_ call: String) -> ZeroMQError {
        ZeroMQError(call: call, code: zmq_errno())
    }
}

extension ZeroMQError: CustomStringConvertible {
    package var description: String {
        let text = zmq_strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return "\(call): \(text)"
    }
}
