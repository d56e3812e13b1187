package import BitTorrentTypes

/// Our side of the talk with a UDP tracker at one address, for all our torrents that it tracks.
///
///     ask ─► no connection id ─► connect ──15 s──► connect ──30 s──► …          each silence doubles the next wait
///                                   │ id, good for a minute
///                                   ▼
///     at most 32 on their way:   announce, scrape ──15 s──► connect anew, announce again ──30 s──► …
///                                   │                                  └─ a tracker that restarted knows no old id
///                                   ▼
///                                 answer                  or, when the patience of a question is over: silence
///
/// An answer counts when it names the transaction of a question on its way; its source is the caller's to check.
///
/// - Units: `now` is the time since an origin of the caller's choice that does not jump.
/// - Source: BEP 15.
package struct UDPTrackerSession: Sendable {
    package enum Question: Hashable, Sendable {
        /// `target`: path and query of the tracker's URL (BEP 41).
        case announce(AnnounceRequest, target: String)
        case scrape([InfoHash])
    }

    /// Why a question has no answer.
    package enum Fault: Error, Hashable, Sendable {
        case silence(after: Duration)
        /// The host says that nobody listens there.
        case nobodyThere
        case malformed
    }

    package enum Action: Hashable, Sendable {
        case send([UInt8])
        case answer(question: Int, UDPTrackerReply)
        case fail(question: Int, Fault)
    }

    /// How long a question waits: one repetition, and then the next tracker of the tier has its turn.
    package static let patience = Duration.seconds(30)
    static let connectionLifetime = Duration.seconds(60)
    static let firstWait = Duration.seconds(15)
    static let mostDoublings = 8
    /// More at once would overflow the buffer of the tracker's socket.
    static let window = 32

    private struct Asked: Sendable {
        let number: Int
        let question: Question
        let askedAt: Duration
        let deadline: Duration
        /// On its way under this transaction; `nil` before the first time.
        var transaction: UInt32?
        /// When it is sent again; `nil` when it waits to be sent.
        var nextTry: Duration?
        var tries = 0
        /// Whether a refusal has been met with a new connection id already.
        var hasReconnected = false
    }

    private struct Connecting: Sendable {
        let transaction: UInt32
        var nextTry: Duration
        var tries = 0
    }

    private let isIPv6: Bool
    private var asked: [Asked] = []
    private var count = 0
    private var connecting: Connecting?
    private var connection: (id: UInt64, since: Duration)?

    package init(isIPv6: Bool) {
        self.isIPv6 = isIPv6
    }

    /// Nothing on its way, and no connection id worth keeping.
    package func isIdle(at now: Duration) -> Bool { asked.isEmpty && liveConnection(at: now) == nil }

    /// When to call ``timePassed(at:using:into:)``; `nil` when idle.
    package var nextEvent: Duration? {
        var next = connecting?.nextTry
        func consider(_ time: Duration) { next = next.map { min($0, time) } ?? time }
        if let connection { consider(connection.since + Self.connectionLifetime) }
        for one in asked {
            consider(one.deadline)
            if let nextTry = one.nextTry { consider(nextTry) }
        }
        return next
    }

    /// Asks the tracker; the outcome names the number that is returned.
    package mutating func ask(
        _ question: Question,
        patience: Duration,
        at now: Duration,
        using generator: inout some RandomNumberGenerator,
        into actions: inout [Action]
    ) -> Int {
        count += 1
        asked.append(Asked(number: count, question: question, askedAt: now, deadline: now + patience))
        advance(at: now, using: &generator, into: &actions)
        return count
    }

    /// A datagram came from the tracker's address.
    package mutating func received(
        _ datagram: [UInt8],
        at now: Duration,
        using generator: inout some RandomNumberGenerator,
        into actions: inout [Action]
    ) {
        guard let transaction = UDPTrackerReply.transaction(of: datagram) else { return }
        let reply = UDPTrackerReply(datagram, isIPv6: isIPv6)
        if transaction == connecting?.transaction {
            connectionAnswered(reply, at: now, into: &actions)
        } else if let place = asked.firstIndex(where: { $0.transaction == transaction }) {
            answered(place, reply, at: now, into: &actions)
        }
        advance(at: now, using: &generator, into: &actions)
    }

    /// The tracker's host says that nobody listens there.
    package mutating func refused(into actions: inout [Action]) {
        endAll(into: &actions) { .fail(question: $0, .nobodyThere) }
    }

    package mutating func timePassed(
        at now: Duration,
        using generator: inout some RandomNumberGenerator,
        into actions: inout [Action]
    ) {
        advance(at: now, using: &generator, into: &actions)
    }

    // MARK: - Answers

    private mutating func connectionAnswered(
        _ reply: UDPTrackerReply?,
        at now: Duration,
        into actions: inout [Action]
    ) {
        switch reply {
        case .connected(let id):
            connection = (id, now)
            connecting = nil
        case .refused(let reason):
            endAll(into: &actions) { .answer(question: $0, .refused(reason)) }
        case .announced, .scraped, nil:
            return
        }
    }

    private mutating func answered(
        _ place: Int,
        _ reply: UDPTrackerReply?,
        at now: Duration,
        into actions: inout [Action]
    ) {
        let one = asked[place]
        switch (one.question, reply) {
        case (.announce, .announced(let response)):
            actions.append(.answer(question: one.number, .announced(response)))
        case (.scrape, .scraped(let torrents)):
            actions.append(.answer(question: one.number, .scraped(torrents)))
        case (_, .refused(let reason)):
            // An id from before the question may be one that the tracker has forgotten since.
            if let connection, connection.since < one.askedAt, !one.hasReconnected {
                self.connection = nil
                asked[place].hasReconnected = true
                asked[place].transaction = nil
                asked[place].nextTry = nil
                return
            }
            actions.append(.answer(question: one.number, .refused(reason)))
        case (.announce, .connected), (.announce, .scraped), (.scrape, .connected), (.scrape, .announced), (_, nil):
            actions.append(.fail(question: one.number, .malformed))
        }
        asked.remove(at: place)
    }

    private mutating func endAll(into actions: inout [Action], _ action: (Int) -> Action) {
        for one in asked { actions.append(action(one.number)) }
        asked = []
        connecting = nil
        connection = nil
    }

    // MARK: - Going on

    /// Ends what waited too long, and sends what there is to send.
    private mutating func advance(
        at now: Duration,
        using generator: inout some RandomNumberGenerator,
        into actions: inout [Action]
    ) {
        for one in asked where one.deadline <= now {
            actions.append(.fail(question: one.number, .silence(after: one.deadline - one.askedAt)))
        }
        asked.removeAll { $0.deadline <= now }
        connection = liveConnection(at: now)
        guard !asked.isEmpty else {
            connecting = nil
            return
        }
        for place in asked.indices {
            guard let nextTry = asked[place].nextTry, nextTry <= now else { continue }
            asked[place].nextTry = nil
            asked[place].tries += 1
            connection = nil
        }
        if let connection {
            sendWaiting(connection.id, at: now, using: &generator, into: &actions)
        } else {
            connect(at: now, using: &generator, into: &actions)
        }
    }

    private mutating func connect(
        at now: Duration,
        using generator: inout some RandomNumberGenerator,
        into actions: inout [Action]
    ) {
        if var current = connecting {
            guard current.nextTry <= now else { return }
            current.tries += 1
            current.nextTry = now + Self.wait(after: current.tries)
            connecting = current
        } else {
            connecting = Connecting(transaction: newTransaction(using: &generator), nextTry: now + Self.firstWait)
        }
        guard let connecting else { return }
        actions.append(.send(UDPTrackerRequest.connect(transaction: connecting.transaction)))
    }

    private mutating func sendWaiting(
        _ id: UInt64,
        at now: Duration,
        using generator: inout some RandomNumberGenerator,
        into actions: inout [Action]
    ) {
        var room = Self.window - asked.reduce(0) { $0 + ($1.nextTry == nil ? 0 : 1) }
        for place in asked.indices where room > 0 && asked[place].nextTry == nil {
            room -= 1
            // A repetition keeps its transaction: the answer to the first may be late.
            let transaction = asked[place].transaction ?? newTransaction(using: &generator)
            asked[place].transaction = transaction
            asked[place].nextTry = now + Self.wait(after: asked[place].tries)
            switch asked[place].question {
            case .announce(let request, let target):
                actions.append(
                    .send(
                        UDPTrackerRequest.announce(request, target: target, connection: id, transaction: transaction)
                    )
                )
            case .scrape(let hashes):
                actions.append(
                    .send(UDPTrackerRequest.scrape(hashes, connection: id, transaction: transaction))
                )
            }
        }
    }

    private func liveConnection(at now: Duration) -> (id: UInt64, since: Duration)? {
        connection.flatMap { now - $0.since < Self.connectionLifetime ? $0 : nil }
    }

    private func newTransaction(using generator: inout some RandomNumberGenerator) -> UInt32 {
        while true {
            let transaction = UInt32.random(in: .min ... .max, using: &generator)
            let isTaken = connecting?.transaction == transaction || asked.contains { $0.transaction == transaction }
            if !isTaken { return transaction }
        }
    }

    private static func wait(after tries: Int) -> Duration { firstWait * (1 << min(tries, mostDoublings)) }
}
