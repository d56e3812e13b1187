import BitTorrentTypes
import NIOCore
import NIOPosix
import TrackerWire

/// A socket for each UDP tracker that was asked lately; the torrents of a node share them.
final class UDPTrackerSockets: Sendable {
    /// What a datagram may bring: the peers beyond are left out.
    private static let readSize = 16 << 10

    private struct State {
        var handlers: [PeerAddress: UDPTrackerHandler] = [:]
        var isClosed = false
    }

    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    init(loop: any EventLoop) {
        self.loop = loop
        state = .makeBoxSendingValue(State(), eventLoop: loop)
    }

    func ask(
        _ question: UDPTrackerSession.Question,
        of tracker: PeerAddress,
        patience: Duration
    ) async throws(AnnounceFailure) -> UDPTrackerReply {
        let outcome: UDPTrackerHandler.Outcome
        do {
            outcome = try await loop.flatSubmit {
                self.handler(for: tracker)?.ask(question, patience: patience)
                    ?? self.loop.makeSucceededFuture(.failure(.nobodyThere))
            }.get()
        } catch {
            throw .unreachable(String(describing: error))
        }
        do throws(UDPTrackerSession.Fault) {
            return try outcome.get()
        } catch {
            throw AnnounceFailure(error)
        }
    }

    /// Closes every socket; what is asked has no answer.
    func close() async throws {
        try await loop.submit {
            self.state.value.isClosed = true
            for handler in Array(self.state.value.handlers.values) { handler.end() }
        }.get()
    }

    /// The handler of a socket that is open or opens; `nil` after the end.
    private func handler(for tracker: PeerAddress) -> UDPTrackerHandler? {
        if let handler = state.value.handlers[tracker] { return handler }
        guard !state.value.isClosed, let address = try? SocketAddress(tracker) else { return nil }
        let handler = UDPTrackerHandler(remote: tracker, loop: loop) { [state] in state.value.handlers[tracker] = nil }
        state.value.handlers[tracker] = handler
        let bound = NIOLoopBound(handler, eventLoop: loop)
        DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readSize))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .connect(to: address)
            .whenFailure { _ in self.loop.execute { bound.value.end() } }
        return handler
    }
}
