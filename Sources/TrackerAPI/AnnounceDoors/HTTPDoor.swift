import BitTorrentTypes
import CDoorSockets
import Glibc
import TrackerWire

/// The tracker over HTTP as far as one loop serves it: announces and scrapes are answered here, anything else is handed
/// over with its socket and the bytes that were read.
///
///     accept ─► read ─► announce or scrape, whole  ─► answered, next request or close
///                  │    not whole yet              ─► waits, at most as long as a head may take
///                  └──  anything else              ─► the server behind
final class HTTPDoor {
    /// A scrape of a hundred torrents is the longest answer, and a hundred peers as dictionaries.
    static let bodyCapacity = 16 << 10
    private static let headCapacity = 160
    private static let inputCapacity = 64 << 10
    private static let outputCapacity = 128 << 10
    /// Connections taken in one turn.
    private static let acceptsPerTurn = 64

    /// What the door is told.
    struct Limits {
        var connections: Int
        /// Seconds for the head of a request, for an answer to be taken, and between two requests.
        var idleSeconds: UInt32
    }

    let listeners: [Int32]
    private let limits: Limits
    private let poll: Int32
    private let handOver: (Int32, [UInt8]) -> Void
    @exclusivity(unchecked) private var connections: [HTTPConnection?] = []
    private(set) var count = 0
    private var generation: UInt32 = 0
    private let input: UnsafeMutableRawPointer
    private let output: UnsafeMutableRawPointer
    private let body: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var outputLength = 0
    /// Since when no more descriptors were to be had; then accepting rests for a while.
    private(set) var isResting = false

    /// `handOver` owns the descriptor that it is given.
    init(listeners: [Int32], poll: Int32, limits: Limits, handOver: @escaping (Int32, [UInt8]) -> Void) {
        self.listeners = listeners
        self.poll = poll
        self.limits = limits
        self.handOver = handOver
        input = .allocate(byteCount: Self.inputCapacity, alignment: 16)
        output = .allocate(byteCount: Self.outputCapacity, alignment: 16)
        body = .allocate(byteCount: Self.bodyCapacity, alignment: 16)
    }

    deinit {
        for connection in connections { if let connection { Glibc.close(connection.descriptor) } }
        input.deallocate()
        output.deallocate()
        body.deallocate()
    }

    // MARK: - Events

    func accept(from listener: Int32, _ desk: TrackerDesk) {
        for _ in 0..<Self.acceptsPerTurn {
            var source = door_address()
            let descriptor = door_accept(listener, &source)
            guard descriptor >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { isResting = true }
                return
            }
            guard count < limits.connections else {
                Glibc.close(descriptor)
                continue
            }
            generation &+= 1
            let deadline = desk.second &+ limits.idleSeconds
            let connection = HTTPConnection(descriptor, IPAddress(source), generation, deadline: deadline)
            while connections.count <= Int(descriptor) { connections.append(nil) }
            connections[Int(descriptor)] = connection
            count += 1
            // What was sent along with the connection is mostly there.
            read(connection, desk)
        }
    }

    /// Accepting goes on.
    func endRest() { isResting = false }

    func ready(_ token: UInt64, _ events: UInt32, _ desk: TrackerDesk) {
        let descriptor = Int(token & 0xFFFF_FFFF)
        guard descriptor < connections.count, let connection = connections[descriptor],
            connection.generation == UInt32(token >> 32)
        else { return }
        if !connection.pending.isEmpty {
            if !sendPending(connection, desk) { return }
            // What was read before the client took its answers.
            if !connection.rest.isEmpty, !serveRest(connection, desk) { return }
        }
        if events & UInt32(DOOR_READABLE) != 0, connection.pending.isEmpty { read(connection, desk) }
    }

    /// Closes who took too long.
    func closeLate(_ desk: TrackerDesk) {
        for connection in connections {
            // Seconds wrap like everything that is counted in 32 bits; the difference does not.
            if let connection, Int32(bitPattern: desk.second &- connection.deadline) > 0 { close(connection) }
        }
    }

    // MARK: - Reading

    private func read(_ connection: HTTPConnection, _ desk: TrackerDesk) {
        let kept = connection.rest.count
        if kept > 0 {
            connection.rest.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { input.copyMemory(from: start, byteCount: kept) }
            }
        }
        let received = recv(connection.descriptor, input + kept, Self.inputCapacity - kept, 0)
        if received > 0 {
            connection.rest.removeAll(keepingCapacity: false)
            serve(connection, UnsafeRawBufferPointer(start: input, count: kept + received), desk)
        } else if received < 0, errno == EAGAIN || errno == EINTR {
            watch(connection, DOOR_READABLE)
        } else {
            close(connection)
        }
    }

    /// Whether the connection may be read from again.
    private func serveRest(_ connection: HTTPConnection, _ desk: TrackerDesk) -> Bool {
        let bytes = connection.rest
        connection.rest = []
        let copied = bytes.withUnsafeBytes { source in
            input.copyMemory(from: source.baseAddress ?? UnsafeRawPointer(input), byteCount: source.count)
            return source.count
        }
        serve(connection, UnsafeRawBufferPointer(start: input, count: copied), desk)
        return false
    }

    /// Answers the whole requests at the beginning of `bytes`.
    private func serve(_ connection: HTTPConnection, _ bytes: UnsafeRawBufferPointer, _ desk: TrackerDesk) {
        var offset = 0
        outputLength = 0
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch TrackerRequestHead.read(rest) {
            case .incomplete:
                keep(connection, rest)
                guard flush(connection, desk) else { return }
                // Only a new request has new time: a head that drips in does not.
                if offset > 0 { connection.deadline = desk.second &+ limits.idleSeconds }
                watch(connection, DOOR_READABLE)
                return
            case .other:
                guard flush(connection, desk) else {
                    // The answers so far are not even taken: such a client has no claim to more.
                    close(connection)
                    return
                }
                release(connection)
                handOver(connection.descriptor, Array(rest))
                return
            case .request(let head):
                append(head, rest, connection, desk)
                offset += head.length
                if !head.isKeptAlive {
                    if flush(connection, desk, thenClose: true) { close(connection) }
                    return
                }
                if outputLength + Self.headCapacity + Self.bodyCapacity > Self.outputCapacity {
                    guard flush(connection, desk) else {
                        keep(connection, UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                        return
                    }
                }
            }
        }
        guard flush(connection, desk) else { return }
        connection.deadline = desk.second &+ limits.idleSeconds
        watch(connection, DOOR_READABLE)
    }

    private func keep(_ connection: HTTPConnection, _ bytes: UnsafeRawBufferPointer) { connection.rest = Array(bytes) }

    // MARK: - Answering

    private func append(
        _ head: TrackerRequestHead,
        _ bytes: UnsafeRawBufferPointer,
        _ connection: HTTPConnection,
        _ desk: TrackerDesk
    ) {
        let length = desk.answer(head, bytes, from: connection.source, to: body)
        append("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ")
        outputLength += AnnounceAnswer.writeDecimal(length, to: output + outputLength)
        if !head.isKeptAlive {
            append("\r\nConnection: close\r\n\r\n")
        } else if head.isVersion10 {
            append("\r\nConnection: keep-alive\r\n\r\n")
        } else {
            append("\r\n\r\n")
        }
        (output + outputLength).copyMemory(from: body, byteCount: length)
        outputLength += length
    }

    private func append(_ text: StaticString) {
        (output + outputLength).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        outputLength += text.utf8CodeUnitCount
    }

    /// Sends what was put together; whether all of it went and the connection is still there.
    private func flush(_ connection: HTTPConnection, _ desk: TrackerDesk, thenClose: Bool = false) -> Bool {
        guard outputLength > 0 else { return true }
        defer { outputLength = 0 }
        // The end of a connection goes out with its last answer: one packet less, and one time less that the client wakes.
        let more = thenClose ? Int32(MSG_MORE) : 0
        let sent = send(connection.descriptor, output, outputLength, Int32(MSG_NOSIGNAL) | more)
        if sent == outputLength { return true }
        guard sent >= 0 || errno == EAGAIN || errno == EINTR else {
            close(connection)
            return false
        }
        let part = UnsafeRawBufferPointer(start: output, count: outputLength)
        connection.pending = Array(part[max(0, sent)...])
        connection.closesAfterwards = thenClose
        connection.deadline = desk.second &+ limits.idleSeconds
        watch(connection, DOOR_WRITABLE)
        return false
    }

    /// Whether all that waited went, and the connection goes on.
    private func sendPending(_ connection: HTTPConnection, _ desk: TrackerDesk) -> Bool {
        let sent = connection.pending.withUnsafeBytes {
            send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent >= 0 || errno == EAGAIN || errno == EINTR else {
            close(connection)
            return false
        }
        connection.pending.removeFirst(max(0, sent))
        guard connection.pending.isEmpty else { return false }
        if connection.closesAfterwards {
            close(connection)
            return false
        }
        connection.deadline = desk.second &+ limits.idleSeconds
        watch(connection, DOOR_READABLE)
        return true
    }

    // MARK: - Descriptors

    private func watch(_ connection: HTTPConnection, _ events: Int) {
        guard connection.watched != events else { return }
        let token = UInt64(connection.generation) << 32 | UInt64(connection.descriptor)
        let result =
            connection.watched == 0
            ? door_poll_add(poll, connection.descriptor, token, UInt32(events))
            : door_poll_change(poll, connection.descriptor, token, UInt32(events))
        connection.watched = events
        if result != 0 { close(connection) }
    }

    /// The descriptor is no longer ours.
    private func release(_ connection: HTTPConnection) {
        if connection.watched != 0 { _ = door_poll_remove(poll, connection.descriptor) }
        connections[Int(connection.descriptor)] = nil
        count -= 1
    }

    private func close(_ connection: HTTPConnection) {
        guard connections[Int(connection.descriptor)] === connection else { return }
        connections[Int(connection.descriptor)] = nil
        count -= 1
        Glibc.close(connection.descriptor)
    }
}

/// One client of ``HTTPDoor``.
final class HTTPConnection {
    let descriptor: Int32
    let source: IPAddress
    /// Tells it from others that had the same descriptor.
    let generation: UInt32
    /// By when something must have happened, in the seconds of the swarms.
    var deadline: UInt32
    /// Bytes read that are no whole request yet.
    var rest: [UInt8] = []
    /// Answers that the client has not taken yet; meanwhile nothing is read.
    var pending: [UInt8] = []
    var closesAfterwards = false
    /// The events that the loop waits for; 0 before the first.
    var watched = 0

    init(_ descriptor: Int32, _ source: IPAddress, _ generation: UInt32, deadline: UInt32) {
        self.descriptor = descriptor
        self.source = source
        self.generation = generation
        self.deadline = deadline
    }
}
