/// The requests of this process that wait for an answer.
struct AskedRequests {
    private var waiting: [UInt64: OutgoingRequest] = [:]
    private var deadlines = DeadlineQueue<UInt64>()

    var nextDeadline: ContinuousClock.Instant? { deadlines.next }

    mutating func insert(_ request: OutgoingRequest) {
        waiting[request.correlation] = request
        deadlines.insert(request.correlation, at: request.deadline)
    }

    mutating func settle(_ correlation: UInt64, _ result: Result<[UInt8], BusFault>) {
        // An answer that nobody waits for any more came late, or twice.
        waiting.removeValue(forKey: correlation)?.answer.settle(result)
    }

    /// Forgets a request whose asker gave up; whether it was still open.
    mutating func forget(_ correlation: UInt64) -> Bool {
        waiting.removeValue(forKey: correlation) != nil
    }

    func progress(_ correlation: UInt64, _ body: [UInt8]) {
        waiting[correlation]?.onProgress?(body)
    }

    mutating func expire(_ now: ContinuousClock.Instant) {
        while let correlation = deadlines.popExpired(now) {
            guard let request = waiting.removeValue(forKey: correlation) else { continue }
            request.answer.settle(.failure(BusFault(.deadlineExceeded, "\(request.method) was not answered in time")))
        }
        let standing = waiting
        deadlines.compact(standing: standing.count) { standing[$0] != nil }
    }

    mutating func failAll(_ fault: BusFault) {
        for request in waiting.values { request.answer.settle(.failure(fault)) }
        waiting = [:]
    }
}
