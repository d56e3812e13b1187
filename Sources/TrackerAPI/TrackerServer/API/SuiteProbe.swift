import BusServices
import BusTransport
import Synchronization

/// The suite's report, asked for at most once a second: health and metrics may be asked for as often as somebody likes.
final class SuiteProbe: Sendable {
    private static let freshness = Duration.seconds(1)

    private let suite: Suite
    private let last = Mutex<(answer: Result<SuiteReport, BusFault>, at: ContinuousClock.Instant)?>(nil)

    init(_ suite: Suite) { self.suite = suite }

    func report() async -> Result<SuiteReport, BusFault> {
        let known = last.withLock { last in
            last.flatMap { $0.at.duration(to: .now) < Self.freshness ? $0.answer : nil }
        }
        if let known { return known }
        let answer: Result<SuiteReport, BusFault>
        do { answer = .success(try await suite.report()) } catch { answer = .failure(error) }
        last.withLock { $0 = (answer, .now) }
        return answer
    }
}
