import BitTorrentTypes
import NIOCore
import TrackerWire

/// The socket of one UDP tracker: hands datagrams and the time to ``UDPTrackerSession``, and does what it says.
///
/// The socket is connected, so the kernel drops what others than the tracker send, and tells when nobody is there. It is
/// closed when the session has been idle for a while.
final class UDPTrackerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>
    typealias Outcome = Result<UDPTrackerReply, UDPTrackerSession.Fault>

    private let remote: PeerAddress
    private let loop: any EventLoop
    /// Called once, when the socket is of no more use.
    private let ended: () -> Void
    private var session: UDPTrackerSession
    private var generator = SystemRandomNumberGenerator()
    private var actions: [UDPTrackerSession.Action] = []
    private var promises: [Int: EventLoopPromise<Outcome>] = [:]
    private var context: ChannelHandlerContext?
    /// Written when the socket is ready, which it is at once.
    private var early: [[UInt8]] = []
    private var alarm: Scheduled<Void>?
    private var isEnded = false

    init(remote: PeerAddress, loop: any EventLoop, ended: @escaping () -> Void) {
        self.remote = remote
        self.loop = loop
        self.ended = ended
        session = UDPTrackerSession(isIPv6: remote.ip.isIPv6)
    }

    /// Asks the tracker; called on the event loop.
    func ask(_ question: UDPTrackerSession.Question, patience: Duration) -> EventLoopFuture<Outcome> {
        let promise = loop.makePromise(of: Outcome.self)
        guard !isEnded else {
            promise.succeed(.failure(.nobodyThere))
            return promise.futureResult
        }
        let number = session.ask(question, patience: patience, at: now, using: &generator, into: &actions)
        promises[number] = promise
        perform()
        return promise.futureResult
    }

    /// There is no socket, or no more.
    func end() {
        guard !isEnded else { return }
        isEnded = true
        alarm?.cancel()
        ended()
        session.refused(into: &actions)
        perform()
        context?.close(promise: nil)
    }

    // MARK: - Channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        for datagram in early { write(datagram, context) }
        early = []
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard PeerAddress(envelope.remoteAddress) == remote else { return }
        session.received(Array(envelope.data.readableBytesView), at: now, using: &generator, into: &actions)
        perform()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        session.refused(into: &actions)
        perform()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        end()
    }

    // MARK: - Actions

    private var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    private func perform() {
        for action in actions {
            switch action {
            case .send(let datagram):
                if let context { write(datagram, context) } else { early.append(datagram) }
            case .answer(let question, let reply):
                promises.removeValue(forKey: question)?.succeed(.success(reply))
            case .fail(let question, let fault):
                promises.removeValue(forKey: question)?.succeed(.failure(fault))
            }
        }
        actions.removeAll(keepingCapacity: true)
        context?.flush()
        setAlarm()
    }

    private func write(_ datagram: [UInt8], _ context: ChannelHandlerContext) {
        guard let address = context.remoteAddress else { return }
        let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: datagram))
        context.write(wrapOutboundOut(envelope), promise: nil)
    }

    private func setAlarm() {
        alarm?.cancel()
        alarm = nil
        guard !isEnded else { return }
        guard let next = session.nextEvent else { return end() }
        let bound = NIOLoopBound(self, eventLoop: loop)
        alarm = loop.scheduleTask(in: TimeAmount(max(.zero, next - now))) { bound.value.rang() }
    }

    private func rang() {
        session.timePassed(at: now, using: &generator, into: &actions)
        perform()
    }
}
