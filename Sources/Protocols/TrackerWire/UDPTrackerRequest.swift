package import BitTorrentTypes

/// What a client sends to a UDP tracker.
///
///     connect    magic 8 │ 0 │ transaction 4                                                     16 bytes
///     announce   connection 8 │ 1 │ transaction 4 │ hash 20 │ peer id 20 │ downloaded 8 │ left 8 │ uploaded 8
///                │ event 4 │ IP 4 │ key 4 │ numwant 4 │ port 2                                   98 bytes, and options
///     scrape     connection 8 │ 2 │ transaction 4 │ hashes 20 each, at most 74
///     options    2 │ length 1 │ up to 255 bytes of path and query, again and again
///
/// - Units: everything in network order; `downloaded`, `left`, `uploaded` in bytes.
/// - Source: BEP 15; BEP 41 (options).
package enum UDPTrackerRequest {
    static let magic: UInt64 = 0x417_2710_1980
    /// What fits in one datagram.
    package static let maximumHashes = 74

    package static func connect(transaction: UInt32) -> [UInt8] {
        var packet: [UInt8] = []
        packet.append(magic)
        packet.append(UDPTrackerAction.connect.rawValue)
        packet.append(transaction)
        return packet
    }

    /// `target`: path and query of the tracker's URL, where it may have a passkey.
    package static func announce(
        _ request: AnnounceRequest,
        target: String,
        connection: UInt64,
        transaction: UInt32
    ) -> [UInt8] {
        var packet = head(.announce, connection, transaction)
        packet += request.infoHash.bytes
        packet += request.peerID.bytes
        packet.append(UInt64(clamping: request.downloaded))
        packet.append(UInt64(clamping: request.left))
        packet.append(UInt64(clamping: request.uploaded))
        packet.append(code(of: request.event))
        packet.append(UInt32(0))
        packet.append(request.numericKey)
        packet.append(UInt32(bitPattern: request.numwant.map { Int32(clamping: $0) } ?? -1))
        packet.append(request.port)
        appendURLData(target, to: &packet)
        return packet
    }

    package static func scrape(_ hashes: [InfoHash], connection: UInt64, transaction: UInt32) -> [UInt8] {
        head(.scrape, connection, transaction) + hashes.prefix(maximumHashes).flatMap(\.bytes)
    }

    private static func head(_ action: UDPTrackerAction, _ connection: UInt64, _ transaction: UInt32) -> [UInt8] {
        var packet: [UInt8] = []
        packet.append(connection)
        packet.append(action.rawValue)
        packet.append(transaction)
        return packet
    }

    /// This protocol has no word for BEP 21's `paused`.
    private static func code(of event: AnnounceEvent) -> UInt32 {
        switch event {
        case .none, .paused: 0
        case .completed: 1
        case .started: 2
        case .stopped: 3
        }
    }

    private static func appendURLData(_ target: String, to packet: inout [UInt8]) {
        var rest = Array(target.utf8)[...]
        while !rest.isEmpty {
            let part = rest.prefix(255)
            packet += [2, UInt8(part.count)] + part
            rest = rest.dropFirst(part.count)
        }
    }
}

/// The second word of a packet from the client, the first of one from the tracker.
enum UDPTrackerAction: UInt32 {
    case connect = 0
    case announce = 1
    case scrape = 2
    case error = 3
}

extension [UInt8] {
    /// Appends a number in network order.
    fileprivate mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
