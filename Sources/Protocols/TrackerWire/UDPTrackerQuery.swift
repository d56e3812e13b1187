package import BitTorrentTypes

/// What a datagram asks of a UDP tracker; everything else is rubbish and gets no answer.
///
/// - Source: BEP 15 (the layouts are drawn at ``UDPTrackerRequest``); BEP 41.
package enum UDPTrackerQuery: Hashable, Sendable {
    /// Asks for a connection id.
    case connect(transaction: UInt32)
    /// Both carry the id that `connect` was answered with.
    case announce(connection: UInt64, transaction: UInt32)
    case scrape(connection: UInt64, transaction: UInt32)

    package static let announceLength = 98

    /// `nil` when it is too short, or asks for nothing that we know.
    package init?(_ datagram: UnsafeRawBufferPointer) {
        guard datagram.count >= 16, let action = UDPTrackerAction(rawValue: datagram.number(at: 8)) else { return nil }
        let connection: UInt64 = datagram.number(at: 0)
        let transaction: UInt32 = datagram.number(at: 12)
        switch action {
        case .connect where connection == UDPTrackerRequest.magic: self = .connect(transaction: transaction)
        case .announce where datagram.count >= Self.announceLength:
            self = .announce(connection: connection, transaction: transaction)
        case .scrape: self = .scrape(connection: connection, transaction: transaction)
        case .connect, .announce, .error: return nil
        }
    }
}

/// What an announce says over UDP, read from its 98 bytes; the address that it claims is left unread.
package struct UDPAnnounceFields: Hashable, Sendable {
    package let infoHash: InfoHash
    package let peerID: PeerID
    /// In bytes; numbers past what fits count as the largest.
    package let downloaded: Int
    package let left: Int
    package let uploaded: Int
    package let event: AnnounceEvent
    package let key: UInt32
    /// How many peers the answer may have.
    package let peersWanted: Int
    package let port: UInt16

    /// The datagram has at least ``UDPTrackerQuery/announceLength`` bytes.
    package init(_ datagram: UnsafeRawBufferPointer) {
        precondition(datagram.count >= UDPTrackerQuery.announceLength, "an announce was told by its length")
        infoHash = InfoHash(loadingFrom: UnsafeRawPointer(datagram.baseAddress.unsafelyUnwrapped + 16))
        peerID = PeerID(loadingFrom: UnsafeRawPointer(datagram.baseAddress.unsafelyUnwrapped + 36))
        downloaded = Int(clamping: datagram.number(at: 56) as UInt64)
        left = Int(clamping: datagram.number(at: 64) as UInt64)
        uploaded = Int(clamping: datagram.number(at: 72) as UInt64)
        event =
            switch datagram.number(at: 80) as UInt32 {
            case 1: .completed
            case 2: .started
            case 3: .stopped
            // BEP 21 has no number of its own; what we do not know is a regular announce.
            default: .none
            }
        key = datagram.number(at: 88)
        let wanted: Int32 = datagram.number(at: 92)
        peersWanted = wanted < 0 ? AnnounceRequest.defaultPeers : min(Int(wanted), AnnounceRequest.maximumPeers)
        port = datagram.number(at: 96)
    }

    /// Path and query of the URL that the client was given (BEP 41), at most 512 bytes; what is cut short is left out.
    package static func target(_ datagram: UnsafeRawBufferPointer) -> [UInt8] {
        var target: [UInt8] = []
        var offset = UDPTrackerQuery.announceLength
        while offset < datagram.count {
            switch datagram[offset] {
            case 1: offset += 1
            case 2:
                guard offset + 1 < datagram.count else { return target }
                let begin = offset + 2
                let end = begin + Int(datagram[offset + 1])
                guard end <= datagram.count, target.count + end - begin <= 512 else { return target }
                target += datagram[begin..<end]
                offset = end
            default: return target
            }
        }
        return target
    }
}

/// Writes the answers of a UDP tracker; see ``UDPTrackerReply``.
package enum UDPTrackerAnswer {
    /// What an announce is answered with at most: a hundred peers of IPv6.
    package static let capacity = 20 + AnnounceRequest.maximumPeers * 18

    package static func connect(_ id: UInt64, transaction: UInt32, to answer: UnsafeMutableRawPointer) -> Int {
        answer.store(UDPTrackerAction.connect.rawValue, at: 0)
        answer.store(transaction, at: 4)
        answer.store(id, at: 8)
        return 16
    }

    /// The peers are rows of 6 or 18 bytes.
    package static func announce(
        interval: Int,
        leechers: Int,
        seeders: Int,
        peers: UnsafeRawBufferPointer,
        transaction: UInt32,
        to answer: UnsafeMutableRawPointer
    ) -> Int {
        answer.store(UDPTrackerAction.announce.rawValue, at: 0)
        answer.store(transaction, at: 4)
        answer.store(UInt32(clamping: interval), at: 8)
        answer.store(UInt32(clamping: leechers), at: 12)
        answer.store(UInt32(clamping: seeders), at: 16)
        if let rows = peers.baseAddress { (answer + 20).copyMemory(from: rows, byteCount: peers.count) }
        return 20 + peers.count
    }

    package static func scrapeHead(transaction: UInt32, to answer: UnsafeMutableRawPointer) -> Int {
        answer.store(UDPTrackerAction.scrape.rawValue, at: 0)
        answer.store(transaction, at: 4)
        return 8
    }

    package static func scrape(_ torrent: ScrapeResponse.Torrent, at length: Int, of answer: UnsafeMutableRawPointer)
        -> Int
    {
        answer.store(UInt32(clamping: torrent.complete), at: length)
        answer.store(UInt32(clamping: torrent.downloaded), at: length + 4)
        answer.store(UInt32(clamping: torrent.incomplete), at: length + 8)
        return length + 12
    }

    /// The text is cut at 200 bytes.
    package static func refusal(_ text: String, transaction: UInt32, to answer: UnsafeMutableRawPointer) -> Int {
        answer.store(UDPTrackerAction.error.rawValue, at: 0)
        answer.store(transaction, at: 4)
        var length = 8
        for byte in text.utf8.prefix(200) {
            answer.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
            length += 1
        }
        return length
    }
}

extension UnsafeRawBufferPointer {
    /// A number in network order; the caller has looked at the length.
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Number {
        Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

extension UnsafeMutableRawPointer {
    /// Writes a number in network order.
    fileprivate func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
}
