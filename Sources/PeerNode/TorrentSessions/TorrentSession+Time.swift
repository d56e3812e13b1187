import NIOCore
import PeerEngine

/// When the engine hears the time: often while something moves, seldom while nothing does, never when nothing can come
/// of it.
///
///     event ──► every 250 ms for 5 s ──► 2 s with peers │ 1 s, when seeding 10 s, with addresses to try │ not at all
///
/// A thousand torrents that nobody asks for cost nothing this way; the engine takes any spacing, a longer one only makes
/// its time-outs coarser.
extension TorrentSession {
    private static let often = TimeAmount.milliseconds(250)
    private static let afterglow = Duration.seconds(5)

    /// Something happened that time may bring on: the engine hears it often for a while.
    func stir() {
        stirredAt = now
        guard engine != nil, !ticksOften else { return }
        scheduleTick()
    }

    /// Somebody may have told us of peers: the engine dials when it hears the time.
    func dialNew() {
        guard let known = engine?.knownAddressCount, known != addressesTried else { return }
        addressesTried = known
        stirredAt = now
        ticksOften = true
        schedule(in: .zero)
    }

    private func tick() {
        renewDeadlines()
        let lent = borrowDials()
        engine?.tick(at: now, into: &actions)
        pump()
        giveBackDials(lent)
        noteActivity()
        publishIfChanged()
        scheduleTick()
    }

    private func scheduleTick() {
        timer?.cancel()
        timer = nil
        guard let engine else { return }
        ticksOften = stirredAt.map { now - $0 < Self.afterglow } ?? false
        guard let pause = ticksOften ? Self.often : quietPause(of: engine) else { return }
        schedule(in: pause)
    }

    private func schedule(in pause: TimeAmount) {
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: pause) {
            bound.value.assumeIsolated { $0.tick() }
        }
    }

    private func quietPause(of engine: TorrentEngine) -> TimeAmount? {
        if engine.connectionCount > 0 || !dials.isEmpty { return .seconds(2) }
        guard engine.knownAddressCount > 0 else { return nil }
        return engine.isComplete ? .seconds(10) : .seconds(1)
    }
}
