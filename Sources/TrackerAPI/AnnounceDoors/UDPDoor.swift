import BitTorrentTypes
import CDoorSockets
import TrackerEngine
import TrackerWire

/// The tracker over UDP: one socket of one loop, many datagrams at a time.
///
/// Before an address has shown that it receives what is sent there, it gets 16 bytes for 16 and nothing else; what comes
/// without a good connection id gets silence, because an answer would go to whoever the sender claims to be.
///
/// - Source: BEP 15, BEP 41.
final class UDPDoor {
    /// Datagrams taken in one call; more does not make it faster.
    private static let batchSize = 64
    /// Calls in one turn, so that connections have theirs.
    private static let roundsPerTurn = 4
    /// A datagram that is longer gets no answer; a scrape of too many torrents is told so up to here.
    private static let longest = 4_096

    let descriptor: Int32
    private let ids: ConnectionIDs
    private let batch: OpaquePointer

    /// Owns the descriptor from now on.
    init(descriptor: Int32, ids: ConnectionIDs) {
        self.descriptor = descriptor
        self.ids = ids
        batch = door_batch_create(Int32(Self.batchSize), Self.longest, UDPTrackerAnswer.capacity)
    }

    deinit { door_batch_free(batch) }

    /// Answers what has come.
    func serve(_ desk: TrackerDesk) {
        for _ in 0..<Self.roundsPerTurn {
            let count = Int(door_batch_receive(batch, descriptor))
            guard count > 0, let datagrams = door_batch_datagrams(batch) else { return }
            for number in 0..<count { answer(&datagrams[number], desk) }
            door_batch_send(batch, descriptor, Int32(count))
            if count < Self.batchSize { return }
        }
    }

    private func answer(_ datagram: inout door_datagram, _ desk: TrackerDesk) {
        let bytes = UnsafeRawBufferPointer(start: datagram.bytes, count: Int(datagram.length))
        guard let query = UDPTrackerQuery(bytes), let answer = UnsafeMutableRawPointer(datagram.answer) else { return }
        let ip = IPAddress(datagram.source)
        switch query {
        case .connect(let transaction):
            let id = ids.id(for: ip, at: desk.second)
            datagram.answer_length = UInt32(UDPTrackerAnswer.connect(id, transaction: transaction, to: answer))
        case .announce(let connection, let transaction), .scrape(let connection, let transaction):
            guard ids.isGood(connection, for: ip, at: desk.second), (try? desk.take(ip)) != nil else { return }
            let length =
                if case .announce = query {
                    announce(bytes, ip, transaction, answer, desk)
                } else {
                    scrape(bytes, ip, transaction, answer, desk)
                }
            datagram.answer_length = UInt32(length)
        }
    }

    private func announce(
        _ bytes: UnsafeRawBufferPointer,
        _ ip: IPAddress,
        _ transaction: UInt32,
        _ answer: UnsafeMutableRawPointer,
        _ desk: TrackerDesk
    ) -> Int {
        do throws(AnnounceRefusal) {
            let (counts, peers) = try desk.announce(
                UDPAnnounceFields(bytes),
                from: ip,
                passkey: Passkey.of(path: UDPAnnounceFields.target(bytes))
            )
            return UDPTrackerAnswer.announce(
                interval: desk.intervalSeconds,
                leechers: counts.leechers,
                seeders: counts.seeders,
                peers: peers,
                transaction: transaction,
                to: answer
            )
        } catch {
            return UDPTrackerAnswer.refusal("\(error)", transaction: transaction, to: answer)
        }
    }

    /// A scrape has no options, so nobody can show a passkey: a private tracker refuses it.
    private func scrape(
        _ bytes: UnsafeRawBufferPointer,
        _ ip: IPAddress,
        _ transaction: UInt32,
        _ answer: UnsafeMutableRawPointer,
        _ desk: TrackerDesk
    ) -> Int {
        do throws(AnnounceRefusal) {
            try desk.rules.check(ip)
            try desk.rules.check(passkey: nil)
            let count = (bytes.count - 16) / InfoHash.byteCount
            guard count > 0 else { throw .missing(field: "info_hash") }
            guard count <= UDPTrackerRequest.maximumHashes else { throw .outOfRange(field: "info_hash") }
            desk.countScrape()
            var length = UDPTrackerAnswer.scrapeHead(transaction: transaction, to: answer)
            for number in 0..<count {
                guard let start = bytes.baseAddress else { break }
                let hash = InfoHash(loadingFrom: start + 16 + number * InfoHash.byteCount)
                length = UDPTrackerAnswer.scrape(desk.scrape(hash), at: length, of: answer)
            }
            return length
        } catch {
            return UDPTrackerAnswer.refusal("\(error)", transaction: transaction, to: answer)
        }
    }
}
