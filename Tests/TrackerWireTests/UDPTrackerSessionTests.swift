import BitTorrentTypes
import Testing
import TrackerWire

/// A session and the time, driven by hand.
private struct Talk {
    var session = UDPTrackerSession(isIPv6: false)
    var now = Duration.zero
    private var generator = SystemRandomNumberGenerator()

    typealias Action = UDPTrackerSession.Action

    mutating func ask(_ question: UDPTrackerSession.Question, patience: Duration = UDPTrackerSession.patience)
        -> [Action]
    {
        var actions: [Action] = []
        _ = session.ask(question, patience: patience, at: now, using: &generator, into: &actions)
        return actions
    }

    mutating func receive(_ datagram: [UInt8]) -> [Action] {
        var actions: [Action] = []
        session.received(datagram, at: now, using: &generator, into: &actions)
        return actions
    }

    /// Lets time pass up to the next event of the session.
    mutating func next() -> [Action] {
        guard let event = session.nextEvent else { return [] }
        now = event
        var actions: [Action] = []
        session.timePassed(at: now, using: &generator, into: &actions)
        return actions
    }

    /// Answers the connect that is among `actions`.
    mutating func connect(_ actions: [Action], id: UInt8 = 9) -> [Action] {
        receive([0, 0, 0, 0] + Talk.transaction(of: actions) + [0, 0, 0, 0, 0, 0, 0, id])
    }

    /// The bytes of the transaction of the last datagram that was sent.
    static func transaction(of actions: [Action]) -> [UInt8] {
        for case .send(let datagram) in actions.reversed() { return Array(datagram[12..<16]) }
        return []
    }

    /// `connect`, `announce 9` (with the connection id), `scrape 9`, `answer 1`, `fail 1`.
    static func words(_ actions: [Action]) -> [String] {
        actions.map { action in
            switch action {
            case .send(let datagram) where datagram.count == 16 && datagram[2] == 4: "connect"
            case .send(let datagram): (datagram[11] == 1 ? "announce" : "scrape") + " \(datagram[7])"
            case .answer(let question, .refused): "refused \(question)"
            case .answer(let question, _): "answer \(question)"
            case .fail(let question, .silence): "silence \(question)"
            case .fail(let question, .nobodyThere): "nobody \(question)"
            case .fail(let question, .malformed): "malformed \(question)"
            }
        }
    }
}

@Suite struct `UDP tracker session` {
    private func announce() throws -> UDPTrackerSession.Question {
        let request = AnnounceRequest(
            infoHash: try #require(InfoHash([UInt8](repeating: 1, count: 20))),
            peerID: try #require(PeerID([UInt8](repeating: 2, count: 20))),
            port: 1
        )
        return .announce(request, target: "")
    }

    private func answer(to actions: [UDPTrackerSession.Action]) -> [UInt8] {
        [0, 0, 0, 1] + Talk.transaction(of: actions) + [0, 0, 7, 8] + [UInt8](repeating: 0, count: 8)
    }

    @Test func `connects, announces, and keeps the connection id for a minute`() throws {
        var talk = Talk()
        let connect = talk.ask(try announce())
        #expect(Talk.words(connect) == ["connect"])
        let sent = talk.connect(connect)
        #expect(Talk.words(sent) == ["announce 9"])
        #expect(Talk.words(talk.receive(answer(to: sent))) == ["answer 1"])
        talk.now = .seconds(59)
        #expect(!talk.session.isIdle(at: talk.now))
        let again = talk.ask(.scrape([]))
        #expect(Talk.words(again) == ["scrape 9"])
        #expect(Talk.words(talk.receive([0, 0, 0, 2] + Talk.transaction(of: again))) == ["answer 2"])
        talk.now = .seconds(60)
        #expect(talk.session.isIdle(at: talk.now))
        #expect(Talk.words(talk.ask(try announce())) == ["connect"])
    }

    @Test func `asks a silent tracker again after 15 seconds, and gives up after 30`() throws {
        var talk = Talk()
        let first = talk.ask(try announce())
        #expect(Talk.words(first) == ["connect"])
        let second = talk.next()
        #expect(talk.now == .seconds(15))
        // The same transaction: the answer to the first may be late.
        #expect(second == first)
        #expect(Talk.words(talk.next()) == ["silence 1"])
        #expect(talk.now == .seconds(30))
        #expect(talk.session.nextEvent == nil)
        #expect(talk.session.isIdle(at: talk.now))
    }

    @Test func `waits twice as long after each silence, up to 15 times 256 seconds`() throws {
        var talk = Talk()
        _ = talk.ask(try announce(), patience: .seconds(100_000))
        var pauses: [Int64] = []
        var last = Duration.zero
        for _ in 0..<11 {
            #expect(Talk.words(talk.next()) == ["connect"])
            pauses.append((talk.now - last).components.seconds)
            last = talk.now
        }
        #expect(pauses == [15, 30, 60, 120, 240, 480, 960, 1_920, 3_840, 3_840, 3_840])
    }

    @Test func `connects anew when an announce is not answered, and takes a late answer all the same`() throws {
        var talk = Talk()
        let sent = talk.connect(talk.ask(try announce()))
        let connect = talk.next()
        #expect(talk.now == .seconds(15))
        #expect(Talk.words(connect) == ["connect"])
        let repeated = talk.connect(connect, id: 8)
        #expect(Talk.words(repeated) == ["announce 8"])
        #expect(Talk.words(talk.receive(answer(to: sent))) == ["answer 1"])
        #expect(talk.receive(answer(to: repeated)).isEmpty)
    }

    @Test func `connects anew when an old connection id is refused, once`() throws {
        var talk = Talk()
        let first = talk.connect(talk.ask(try announce()))
        _ = talk.receive(answer(to: first))
        talk.now = .seconds(10)
        let second = talk.ask(try announce())
        #expect(Talk.words(second) == ["announce 9"])
        let refusal: [UInt8] = Array("bad id".utf8)
        let connect = talk.receive([0, 0, 0, 3] + Talk.transaction(of: second) + refusal)
        #expect(Talk.words(connect) == ["connect"])
        let again = talk.connect(connect, id: 8)
        #expect(Talk.words(again) == ["announce 8"])
        #expect(Talk.words(talk.receive([0, 0, 0, 3] + Talk.transaction(of: again) + refusal)) == ["refused 2"])
    }

    @Test func `ignores what answers no question`() throws {
        var talk = Talk()
        let connect = talk.ask(try announce())
        let right = Talk.transaction(of: connect)
        let wrong = right.map { ~$0 }
        for count in [0, 1, 7] { #expect(talk.receive([UInt8](repeating: 0, count: count)).isEmpty) }
        #expect(talk.receive([0, 0, 0, 0] + wrong + [0, 0, 0, 0, 0, 0, 0, 6]).isEmpty)
        #expect(talk.receive([0, 0, 0, 3] + wrong + Array("go away".utf8)).isEmpty)
        #expect(talk.receive([0, 0, 0, 0] + right + [1]).isEmpty)
        #expect(talk.receive([0, 0, 0, 1] + right + [UInt8](repeating: 1, count: 12)).isEmpty)
        let sent = talk.connect(connect)
        #expect(Talk.words(sent) == ["announce 9"])
        #expect(
            talk.receive([0, 0, 0, 1] + Talk.transaction(of: sent).map { ~$0 } + [UInt8](repeating: 1, count: 12))
                .isEmpty
        )
        // The connect was answered: a second answer to it changes nothing.
        #expect(talk.connect(connect, id: 5).isEmpty)
    }

    @Test(
        arguments: [
            [0, 0, 0, 0, 1], [0, 0, 0, 1, 1, 2, 3], [0, 0, 0, 2] + [UInt8](repeating: 0, count: 16),
            [9, 9, 9, 9] + [UInt8](repeating: 0, count: 16),
        ] as [[UInt8]]
    )
    func `a tracker that answers something else has had its turn`(reply: [UInt8]) throws {
        var talk = Talk()
        let sent = talk.connect(talk.ask(try announce()))
        let datagram = Array(reply[0..<4]) + Talk.transaction(of: sent) + Array(reply[4...])
        #expect(Talk.words(talk.receive(datagram)) == ["malformed 1"])
    }

    @Test func `an error in answer to connect, and a closed port, end everything that waits`() throws {
        var talk = Talk()
        let connect = talk.ask(try announce())
        #expect(talk.ask(try announce()).isEmpty)
        let refusal = talk.receive([0, 0, 0, 3] + Talk.transaction(of: connect) + Array("no".utf8))
        #expect(Talk.words(refusal) == ["refused 1", "refused 2"])
        _ = talk.ask(try announce())
        var actions: [UDPTrackerSession.Action] = []
        talk.session.refused(into: &actions)
        #expect(Talk.words(actions) == ["nobody 3"])
        #expect(talk.session.isIdle(at: talk.now))
    }

    @Test func `one connect serves all, and no more than 32 are on their way at once`() throws {
        var talk = Talk()
        let connect = talk.ask(try announce())
        for _ in 1..<40 { #expect(talk.ask(try announce()).isEmpty) }
        let sent = talk.connect(connect)
        #expect(Talk.words(sent) == [String](repeating: "announce 9", count: 32))
        #expect(Talk.words(talk.receive(answer(to: sent))) == ["answer 32", "announce 9"])
        let transactions = Set(sent.map { Talk.transaction(of: [$0]) })
        #expect(transactions.count == 32)
    }
}
