import Foundation
import Glibc
import Synchronization

/// A page that listens to the events, on a socket and a thread of its own.
final class EventConnection: Sendable {
    private let descriptor: Int32
    /// The head, then the events, as text; ends when the server closes.
    private let parts: AsyncStream<String>
    private let reader: AsyncStream<String>.Continuation

    /// With `isReading` false the page takes nothing from its socket until it is told to.
    init(_ tracker: RunningTracker, query: String = "", headers: [String] = [], isReading: Bool = true) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        (parts, reader) = AsyncStream.makeStream()
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(tracker.port).bigEndian)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
        let request = Array(tracker.request("GET", "/api/v1/events" + query, headers: headers).utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw POSIXError(.EPIPE)
        }
        if isReading { read() }
    }

    deinit { Glibc.close(descriptor) }

    /// Ends the connection from our side.
    func close() { _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Takes from the socket from now on.
    func read() {
        Thread.detachNewThread { [self] in
            var waiting: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                waiting += buffer[..<count]
                // The parts of chunked encoding stand between the events and do no harm.
                while let end = Data(waiting).range(of: Data("\n\n".utf8))
                    ?? Data(waiting).range(of: Data("\r\n\r\n".utf8))
                {
                    reader.yield(String(decoding: waiting[..<end.lowerBound], as: UTF8.self))
                    waiting.removeFirst(end.upperBound)
                }
            }
            reader.finish()
        }
    }

    /// The next part that has `mark` and fits; those before it are thrown away.
    @discardableResult
    func wait(for mark: String, where fits: (String) -> Bool = { _ in true }) async throws -> String {
        for await part in parts where (part + "\n").contains(mark) && fits(part) { return part }
        throw POSIXError(.ECONNRESET)
    }

    /// Waits until the server closes.
    func untilClosed() async {
        for await _ in parts {}
    }
}
