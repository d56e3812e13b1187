extension Duration {
    /// Whole milliseconds, rounded up, held between 0 and `UInt32.max`: what a message and a poll can carry.
    package var milliseconds: UInt32 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let (fromSeconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow, fromSeconds <= Int64(UInt32.max) else { return .max }
        let (fraction, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        return UInt32(clamping: fromSeconds + fraction + (rest > 0 ? 1 : 0))
    }
}
