import BitTorrentTypes
import TrackerWire

/// Datagrams of a UDP tracker: what one says is bounded, and no order of them leaves a question without an outcome.
///
///     byte 0: questions and family    then, again and again:   length 1 │ flags 1 │ datagram
///     flags: bit 0: under the transaction of what we sent last   bit 1: time passes before it
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard let first = bytes.first else { return 0 }
    let isIPv6 = first & 1 == 1
    check(UDPTrackerReply(Array(bytes.dropFirst()), isIPv6: isIPv6))
    var talk = Talk(isIPv6: isIPv6, questions: Int(first >> 1) % 40 + 1)
    var rest = bytes.dropFirst()
    while rest.count >= 2 {
        let (length, flags) = (Int(rest[rest.startIndex]), rest[rest.startIndex + 1])
        talk.hear(Array(rest.dropFirst(2).prefix(length)), isAnswer: flags & 1 == 1, after: flags & 2 == 2 ? 11 : 0)
        rest = rest.dropFirst(2 + length)
    }
    talk.end()
    return 0
}

private func check(_ reply: UDPTrackerReply?) {
    switch reply {
    case .announced(let response):
        precondition(response.peers.count <= AnnounceResponse.maximumPeers, "a bounded number of peers")
        precondition(AnnounceResponse.intervals.contains(response.interval), "a time to wait")
        precondition(response.peers.allSatisfy { $0.address.port != 0 }, "a port to dial")
        precondition((response.complete ?? 0) >= 0 && (response.incomplete ?? 0) >= 0, "counts")
    case .scraped(let torrents):
        precondition(torrents.count <= UDPTrackerRequest.maximumHashes, "a bounded number of torrents")
        precondition(torrents.allSatisfy { min($0.complete, $0.downloaded, $0.incomplete) >= 0 }, "counts")
    case .refused(let reason):
        precondition(reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "words for a terminal")
    case .connected, nil: break
    }
}

/// A session that is asked, hears whatever comes, and must say of each question once how it ended.
private struct Talk {
    private var session: UDPTrackerSession
    private var now = Duration.zero
    private var random = SystemRandomNumberGenerator()
    private var open: Set<Int> = []
    private var transaction: [UInt8] = [0, 0, 0, 0]

    init(isIPv6: Bool, questions: Int) {
        session = UDPTrackerSession(isIPv6: isIPv6)
        for number in 0..<questions {
            var actions: [UDPTrackerSession.Action] = []
            let hashes = [InfoHash([UInt8](repeating: UInt8(number), count: 20))].compactMap { $0 }
            let patience = UDPTrackerSession.patience
            open.insert(session.ask(.scrape(hashes), patience: patience, at: now, using: &random, into: &actions))
            take(actions)
        }
    }

    mutating func hear(_ datagram: [UInt8], isAnswer: Bool, after seconds: Int) {
        var (datagram, actions) = (datagram, [UDPTrackerSession.Action]())
        if isAnswer, datagram.count >= 8 { datagram.replaceSubrange(4..<8, with: transaction) }
        now += .seconds(seconds)
        if seconds > 0 { session.timePassed(at: now, using: &random, into: &actions) }
        session.received(datagram, at: now, using: &random, into: &actions)
        take(actions)
    }

    mutating func end() {
        var actions: [UDPTrackerSession.Action] = []
        now += UDPTrackerSession.patience
        session.timePassed(at: now, using: &random, into: &actions)
        take(actions)
        precondition(open.isEmpty, "a question without an outcome")
    }

    private mutating func take(_ actions: [UDPTrackerSession.Action]) {
        for action in actions {
            switch action {
            case .send(let packet):
                precondition(packet.count >= 16 && packet.count <= 1500, "what fits in one datagram")
                transaction = Array(packet[12..<16])
            case .answer(let question, let reply):
                check(reply)
                precondition(open.remove(question) != nil, "a second outcome")
            case .fail(let question, _):
                precondition(open.remove(question) != nil, "a second outcome")
            }
        }
    }
}
