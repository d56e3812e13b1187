import Synchronization

/// Turns bytes hashed into lines of progress, with the mean rate since the start.
final class HashMeter: Sendable {
    private let start = ContinuousClock.now
    private let name: String
    private let state: String
    private let total: Int
    private let display: ProgressDisplay

    init(name: [UInt8], state: String, total: Int, display: ProgressDisplay) {
        self.name = String(decoding: name, as: UTF8.self)
        self.state = state
        self.total = total
        self.display = display
    }

    func advance(to done: Int) {
        let now = ContinuousClock.now
        let seconds = (now - start) / .seconds(1)
        let rate = seconds > 0.1 ? Double(done) / seconds : 0
        display.update(ProgressLine(name: name, state: state, done: done, total: total, rate: rate), now: now)
    }
}
