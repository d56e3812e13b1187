package import BusTransport

/// The open requests that pass through the hub: whose question is answered by whom.
///
///     asker, its number ──▶ the hub's number ──▶ target
///
/// Only the target of a request may answer it; the hub's numbers are never used twice.
package struct RequestRouter: Sendable {
    package struct Open: Hashable, Sendable {
        package let asker: Connection
        /// The asker's own number.
        package let correlation: UInt64
        package let target: Connection
        package let method: String
    }

    private struct Question: Hashable, Sendable {
        let asker: Connection
        let correlation: UInt64
    }

    package static let maximumPerAsker = 1024

    private var open: [UInt64: Open] = [:]
    private var numbers: [Question: UInt64] = [:]
    private var askedBy: [Connection: Set<UInt64>] = [:]
    private var askedOf: [Connection: Set<UInt64>] = [:]
    private var deadlines = DeadlineQueue<UInt64>()
    private var lastNumber: UInt64 = 0

    package init() {}

    package var nextDeadline: ContinuousClock.Instant? { deadlines.next }

    /// How many open requests `target` has to answer.
    package func load(of target: Connection) -> Int { askedOf[target]?.count ?? 0 }

    /// Notes a request and gives it the hub's number.
    package mutating func insert(_ request: Open, deadline: ContinuousClock.Instant) throws(BusFault) -> UInt64 {
        let question = Question(asker: request.asker, correlation: request.correlation)
        guard numbers[question] == nil else {
            throw BusFault(.invalid, "the request \(request.correlation) is open already")
        }
        guard askedBy[request.asker]?.count ?? 0 < Self.maximumPerAsker else {
            throw BusFault(.overloaded, "\(Self.maximumPerAsker) requests of this process are open; try again later")
        }
        lastNumber += 1
        open[lastNumber] = request
        numbers[question] = lastNumber
        askedBy[request.asker, default: []].insert(lastNumber)
        askedOf[request.target, default: []].insert(lastNumber)
        deadlines.insert(lastNumber, at: deadline)
        return lastNumber
    }

    /// The request that `target` may tell about; `nil` when it is not open, or somebody else's to answer.
    package func find(_ number: UInt64, answeredBy target: Connection) -> Open? {
        guard let request = open[number], request.target == target else { return nil }
        return request
    }

    package mutating func close(_ number: UInt64, answeredBy target: Connection) -> Open? {
        guard find(number, answeredBy: target) != nil else { return nil }
        return remove(number)
    }

    /// The asker gave up.
    package mutating func cancel(_ correlation: UInt64, from asker: Connection) -> (number: UInt64, request: Open)? {
        guard let number = numbers[Question(asker: asker, correlation: correlation)], let request = remove(number)
        else { return nil }
        return (number, request)
    }

    /// A connection is gone: the requests it was to answer, and those whose answer nobody wants now.
    package mutating func lost(_ connection: Connection) -> (toAnswer: [Open], asked: [(number: UInt64, request: Open)])
    {
        let toAnswer = (askedOf[connection] ?? []).sorted().compactMap { remove($0) }
        let asked = (askedBy[connection] ?? []).sorted().compactMap { number in
            remove(number).map { (number: number, request: $0) }
        }
        return (toAnswer, asked)
    }

    package mutating func expired(_ now: ContinuousClock.Instant) -> [(number: UInt64, request: Open)] {
        var expired: [(number: UInt64, request: Open)] = []
        while let number = deadlines.popExpired(now) {
            if let request = remove(number) { expired.append((number, request)) }
        }
        let standing = open
        deadlines.compact(standing: standing.count) { standing[$0] != nil }
        return expired
    }

    private mutating func remove(_ number: UInt64) -> Open? {
        guard let request = open.removeValue(forKey: number) else { return nil }
        numbers[Question(asker: request.asker, correlation: request.correlation)] = nil
        askedBy[request.asker]?.remove(number)
        if askedBy[request.asker]?.isEmpty == true { askedBy[request.asker] = nil }
        askedOf[request.target]?.remove(number)
        if askedOf[request.target]?.isEmpty == true { askedOf[request.target] = nil }
        return request
    }
}
