/// Why a connection to a peer is closed, or refused before it counts.
///
/// The case carries the numbers; `description` is one phrase for a log line or the peer list.
package enum PeerFault: Error, Hashable, Sendable {
    // The bytes are not the protocol.

    /// The first bytes are not those of a handshake.
    case notBitTorrent
    /// The handshake names a torrent that is not the one of this connection, or that nobody here shares.
    case wrongInfoHash
    /// The handshake was not complete in time.
    case handshakeTimeout
    /// A peer that we dialled heard our handshake and hung up, as those do who demand encryption.
    case noHandshake
    /// A length prefix names a message longer than its kind may be.
    case oversized(length: Int, limit: Int)
    /// A message of a fixed length has another one.
    case badLength(id: UInt8, expected: Int, actual: Int)
    /// A `bitfield` with a spare bit set.
    case badBitfield
    /// A `piece` without a single byte of payload.
    case emptyBlock
    /// An `extended` message without the byte that says which.
    case emptyExtendedMessage

    // The messages break the rules.

    /// One `bitfield` after another that says nothing new.
    case repeatedBitfield(Int)
    /// Pieces told again and again.
    case repeatedHaves(Int)
    /// A message of the fast extension, which the handshakes did not agree on.
    case fastNotAgreed(id: UInt8)
    /// A `have all` or `have none` that is not the first message.
    case notFirst(id: UInt8)
    /// Rejects without a block in between, of requests that it had no reason to reject.
    case tooManyRejects(Int)
    /// Rejects of what was never asked.
    case rejectsOfNothing(Int)
    /// A `have` of a piece the torrent does not have.
    case noSuchPiece(UInt32)
    /// Requests we may not answer: sent while choked, or outside any piece.
    case tooManyIgnoredRequests(Int)
    /// Requests far beyond the queue length that our extension handshake names.
    case requestFlood(Int)
    /// An answer to a request of ours with another length than asked.
    case wrongBlockLength(expected: Int, actual: Int)
    /// Blocks nobody asked for, one after another.
    case unsolicitedBlocks(Int)
    /// Proved to have sent wrong data.
    case banned

    // The connection is of no use.

    /// The peer is this very process.
    case ownPeerID
    /// The peer is connected already.
    case duplicate
    case tooManyConnections
    case tooManyFromAddress
    /// Idle, while a peer that the swarm prefers waits for the place.
    case outranked
    /// Both sides have every piece.
    case bothComplete
    /// Nothing was received for too long.
    case silent
    /// It asks for blocks and does not read them.
    case notReading
    /// The torrent is paused or being removed.
    case stopped

    // The network said so.

    /// The peer closed, or the connection broke; the text is the system's.
    case connectionLost(String)
}

extension PeerFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notBitTorrent: "not a BitTorrent handshake, or an encrypted one, which is not spoken here"
        case .wrongInfoHash: "wrong info-hash"
        case .handshakeTimeout: "handshake took too long"
        case .noHandshake: "hung up on our handshake; it may demand encryption, which is not spoken here"
        case .oversized(let length, let limit): "message of \(length) bytes, the limit is \(limit)"
        case .badLength(let id, let expected, let actual): "message \(id) of \(actual) bytes instead of \(expected)"
        case .badBitfield: "bitfield with spare bits set"
        case .emptyBlock: "empty block"
        case .emptyExtendedMessage: "empty extended message"
        case .repeatedBitfield(let count): "\(count) bitfields that say nothing new"
        case .repeatedHaves(let count): "\(count) pieces told of that we knew of"
        case .fastNotAgreed(let id): "message \(id) of the fast extension, which was not agreed on"
        case .notFirst(let id): "message \(id) after other messages"
        case .tooManyRejects(let count): "\(count) rejects and no block"
        case .rejectsOfNothing(let count): "\(count) rejects of nothing asked"
        case .noSuchPiece(let index): "no piece \(index)"
        case .tooManyIgnoredRequests(let count): "\(count) requests we may not answer"
        case .requestFlood(let count): "\(count) requests beyond the queue"
        case .wrongBlockLength(let expected, let actual): "block of \(actual) bytes instead of \(expected)"
        case .unsolicitedBlocks(let count): "\(count) blocks nobody asked for"
        case .banned: "banned for wrong data"
        case .ownPeerID: "connected to ourselves"
        case .duplicate: "connected already"
        case .tooManyConnections: "too many connections"
        case .tooManyFromAddress: "too many connections from one address"
        case .outranked: "made way for a preferred peer"
        case .bothComplete: "both sides are complete"
        case .silent: "silent for too long"
        case .notReading: "asks for blocks and does not read them"
        case .stopped: "torrent stopped"
        case .connectionLost(let reason): reason
        }
    }
}
