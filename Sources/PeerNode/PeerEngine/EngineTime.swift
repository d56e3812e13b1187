/// A moment on the engine's own clock, which its owner advances.
///
/// The owner takes it from a monotonic clock, a simulation from nowhere; wall-clock time never comes in.
///
/// - Units: nanoseconds since an origin that the owner chose once.
package struct EngineTime: Hashable, Sendable, Comparable {
    package let nanoseconds: Int64

    package static let zero = EngineTime(nanoseconds: 0)

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment `duration` after the origin.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        nanoseconds = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }

    package var seconds: Double { Double(nanoseconds) / 1e9 }

    package static func < (left: EngineTime, right: EngineTime) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (time: EngineTime, duration: Duration) -> EngineTime {
        EngineTime(nanoseconds: time.nanoseconds &+ EngineTime(duration).nanoseconds)
    }

    package static func - (left: EngineTime, right: EngineTime) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}
