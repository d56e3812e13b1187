import BitTorrentTypes

/// What a UDP tracker answers.
///
///     connect    0 │ transaction 4 │ connection 8
///     announce   1 │ transaction 4 │ interval 4 │ leechers 4 │ seeders 4 │ peers, 6 or 18 bytes each
///     scrape     2 │ transaction 4 │ seeders 4, completed 4, leechers 4, for each hash in the order asked
///     error      3 │ transaction 4 │ text
///
/// The peers are of the family over which the tracker was asked.
///
/// - Source: BEP 15.
package enum UDPTrackerReply: Hashable, Sendable {
    case connected(UInt64)
    case announced(AnnounceResponse)
    case scraped([ScrapeResponse.Torrent])
    /// The tracker's words, escaped and short.
    case refused(String)

    /// The transaction that a datagram says it answers; `nil` when it is too short to say so.
    static func transaction(of datagram: [UInt8]) -> UInt32? {
        datagram.count >= 8 ? datagram.number(at: 4) : nil
    }

    /// Reads a datagram; `nil` when it is none of the above.
    ///
    /// Rows that are cut short are left out.
    package init?(_ datagram: [UInt8], isIPv6: Bool) {
        guard datagram.count >= 8, let action = UDPTrackerAction(rawValue: datagram.number(at: 0)) else { return nil }
        switch action {
        case .connect:
            guard datagram.count >= 16 else { return nil }
            self = .connected(datagram.number(at: 8))
        case .announce:
            guard datagram.count >= 20 else { return nil }
            self = .announced(Self.response(datagram, rowWidth: isIPv6 ? 18 : 6))
        case .scrape:
            let count = min((datagram.count - 8) / 12, UDPTrackerRequest.maximumHashes)
            self = .scraped((0..<count).map { Self.torrent(datagram, at: 8 + 12 * $0) })
        case .error:
            // opentracker ends its words as C does.
            self = .refused(TrackerFailure.shown(Array(datagram[8...].prefix { $0 != 0 })))
        }
    }

    private static func response(_ datagram: [UInt8], rowWidth: Int) -> AnnounceResponse {
        let interval: Int32 = datagram.number(at: 8)
        let leechers: Int32 = datagram.number(at: 12)
        let seeders: Int32 = datagram.number(at: 16)
        var response = AnnounceResponse(interval: AnnounceResponse.held(Int(interval)))
        response.incomplete = leechers < 0 ? nil : Int(leechers)
        response.complete = seeders < 0 ? nil : Int(seeders)
        let count = min((datagram.count - 20) / rowWidth, AnnounceResponse.maximumPeers)
        response.peers = (0..<count).compactMap { row in
            let start = 20 + row * rowWidth
            return PeerAddress(compact: datagram[start..<start + rowWidth]).map { TrackerPeer(address: $0) }
        }.filter(\.isReachable)
        return response
    }

    private static func torrent(_ datagram: [UInt8], at offset: Int) -> ScrapeResponse.Torrent {
        func count(_ position: Int) -> Int {
            let number: Int32 = datagram.number(at: offset + position)
            return max(0, Int(number))
        }
        return ScrapeResponse.Torrent(complete: count(0), downloaded: count(4), incomplete: count(8))
    }
}

extension [UInt8] {
    /// A number in network order; the caller has looked at the length.
    fileprivate func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
        var number = Number.zero
        for byte in self[offset..<offset + MemoryLayout<Number>.size] {
            number = number << 8 | Number(truncatingIfNeeded: byte)
        }
        return number
    }
}
