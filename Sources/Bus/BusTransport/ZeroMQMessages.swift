import CZeroMQ
import Glibc

/// One message as it came: the first parts, and how many more were thrown away.
package struct ReceivedMessage: Sendable {
    package var parts: [[UInt8]]
    package var droppedParts = 0

    package init(parts: [[UInt8]] = []) {
        self.parts = parts
    }
}

extension ZeroMQSocket {
    /// Sends a message of several parts as a whole, or not at all; `false` when the socket's queue is full.
    package func send(_ parts: [[UInt8]]) throws(ZeroMQError) -> Bool {
        for (index, part) in parts.enumerated() {
            let flags = ZMQ_DONTWAIT | (index + 1 < parts.count ? ZMQ_SNDMORE : 0)
            while zmq_send(handle, part, part.count, flags) < 0 {
                let code = zmq_errno()
                if code == EINTR { continue }
                // libzmq counts whole messages against its limit, so only a first part can find no room.
                if code == EAGAIN, index == 0 { return false }
                throw ZeroMQError(call: "zmq_send", code: code)
            }
        }
        return true
    }

    /// The next message, or `nil` when none is there.
    ///
    /// Once that is known, nothing is asked of libzmq, which costs several calls of the kernel, until a poll with this
    /// socket sees a message.
    package func receive() throws(ZeroMQError) -> ReceivedMessage? {
        guard mayHaveMessage else { return nil }
        var message = ReceivedMessage()
        var isFirst = true
        while true {
            guard let (part, hasMore) = try receivePart(copying: message.parts.count < BusLimits.parts) else {
                // Parts of one message arrive together, so only the first can be missing.
                mayHaveMessage = !isFirst
                return isFirst ? nil : message
            }
            isFirst = false
            if let part { message.parts.append(part) } else { message.droppedParts += 1 }
            if !hasMore { return message }
        }
    }

    private func receivePart(copying: Bool) throws(ZeroMQError) -> (bytes: [UInt8]?, hasMore: Bool)? {
        var frame = zmq_msg_t()
        zmq_msg_init(&frame)
        return try withUnsafeMutablePointer(to: &frame) { frame throws(ZeroMQError) -> ([UInt8]?, Bool)? in
            defer { zmq_msg_close(frame) }
            while zmq_msg_recv(frame, handle, ZMQ_DONTWAIT) < 0 {
                let code = zmq_errno()
                if code == EINTR { continue }
                if code == EAGAIN { return nil }
                throw ZeroMQError(call: "zmq_msg_recv", code: code)
            }
            let hasMore = zmq_msg_more(frame) != 0
            guard copying else { return (nil, hasMore) }
            let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(frame), count: zmq_msg_size(frame))
            return ([UInt8](bytes), hasMore)
        }
    }
}

/// Waits until a socket can be read or written, or somebody signals.
package enum ZeroMQPoll {
    /// Waits for at most `timeout`, for ever when it is `nil`.
    ///
    /// Returns at once when there is a message, and early at a signal; who has one is found out by receiving.
    package static func wait(
        reading: [ZeroMQSocket],
        writing: [ZeroMQSocket] = [],
        wake: WakeSignal,
        timeout: Duration?
    ) throws(ZeroMQError) {
        var items = [zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0)]
        for socket in reading {
            items.append(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        }
        for socket in writing {
            items.append(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLOUT), revents: 0))
        }
        let milliseconds = timeout.map { Int($0.milliseconds) } ?? -1
        guard zmq_poll(&items, Int32(items.count), milliseconds) >= 0 || zmq_errno() == EINTR else {
            throw .last("zmq_poll")
        }
        if items[0].revents != 0 { wake.drain() }
        for (socket, item) in zip(reading, items.dropFirst()) where item.revents != 0 { socket.mayHaveMessage = true }
    }
}
