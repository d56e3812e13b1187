/// Bytes a second over the last seconds, from a count that grows.
struct HashRate: Sendable {
    private struct Mark: Sendable {
        let at: ContinuousClock.Instant
        let bytes: Int
    }

    private static let window = Duration.seconds(4)
    private static let step = Duration.milliseconds(400)
    private static let shortest = Duration.milliseconds(50)

    /// At most window / step, and two.
    private var marks: [Mark] = []

    mutating func note(_ bytes: Int, _ now: ContinuousClock.Instant) {
        if let last = marks.last, now - last.at < Self.step { return }
        marks.append(Mark(at: now, bytes: bytes))
        while marks.count > 1, now - marks[1].at >= Self.window { marks.removeFirst() }
    }

    func perSecond(_ bytes: Int, _ now: ContinuousClock.Instant) -> Double {
        guard let first = marks.first, now - first.at >= Self.shortest else { return 0 }
        return Double(max(0, bytes - first.bytes)) / ((now - first.at) / .seconds(1))
    }
}
