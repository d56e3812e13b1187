/// What the tasks of a process ask of the thread that owns its sockets.
enum BusCommand: Sendable {
    case ask(OutgoingRequest)
    case abandon(UInt64)
    case notify(method: String, body: [UInt8])
    /// Progress of a request that came from the hub.
    case progress(UInt64, [UInt8])
    /// The answer to a request that came from the hub.
    case answered(UInt64, Result<[UInt8], BusFault>)
    case publish(Topic, [UInt8])
    case subscribe(EventBuffer, Set<Topic>)
    case serve(RequestHandler)
    case stop
}

/// A request on its way out, with the place where its answer is waited for.
struct OutgoingRequest: Sendable {
    let correlation: UInt64
    let method: String
    let destination: Destination
    let body: [UInt8]
    let deadline: ContinuousClock.Instant
    let onProgress: (@Sendable ([UInt8]) -> Void)?
    let answer: PendingAnswer
}
