package import BitTorrentTypes
import Crypto

/// The pieces that a peer may ask of anybody while it is choked, so that it soon has something to trade.
///
///     x = ip & 255.255.255.0 ‖ info-hash
///     x = SHA-1(x):   │ 4 bytes │ 4 bytes │ … five numbers, each modulo the piece count │   until there are enough
///
/// Everybody computes the same set for a peer, so that asking many gains it nothing. The BEP leaves IPv6 open: there the
/// first 48 bits count, what a site is given.
///
/// - Source: BEP 6, "allowed fast set generation".
package enum AllowedFastSet {
    /// How many pieces a peer is allowed; above as many of its own it is no beginner any more.
    package static let usualCount = 10

    /// The set for the peer at `ip`, in the order of the algorithm; of a small torrent every piece is in it.
    package static func pieces(
        for ip: IPAddress,
        infoHash: InfoHash,
        layout: PieceLayout,
        count: Int = usualCount
    ) -> [PieceIndex] {
        let wanted = min(count, layout.pieceCount)
        var pieces: [PieceIndex] = []
        var seed = masked(ip) + infoHash.bytes
        while pieces.count < wanted {
            seed = Array(Insecure.SHA1.hash(data: seed))
            for start in stride(from: 0, to: seed.count, by: 4) where pieces.count < wanted {
                let word = seed[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                guard let piece = layout.piece(Int(word) % layout.pieceCount), !pieces.contains(piece) else { continue }
                pieces.append(piece)
            }
        }
        return pieces
    }

    private static func masked(_ ip: IPAddress) -> [UInt8] {
        switch ip {
        case .v4: ip.bytes.dropLast() + [0]
        case .v6: Array(ip.bytes.prefix(6))
        }
    }
}
