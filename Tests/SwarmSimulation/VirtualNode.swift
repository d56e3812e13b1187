import BitTorrentTypes
import DequeModule
import PeerEngine

/// How a node treats others.
///
/// Its engine is the real one; only what leaves it, or its slots, are not.
enum Conduct: Hashable {
    case honest
    /// Sends wrong bytes for right ones.
    case lies(Lies)
    /// Takes what it gets and unchokes nobody.
    case takesOnly
    /// Takes requests and answers none.
    case stalls

    enum Lies: Hashable {
        case always
        /// In one block of ten, by lot.
        case oneOfTen
        /// Only to those that lack at most so many pieces.
        case lastPieces(Int)
    }
}

/// Who joins, and with what.
struct Member {
    var conduct = Conduct.honest
    var isComplete = false
    var settings = EngineSettings()
    /// Bytes a second of its line, over all its connections.
    var uplink = 1_000_000
    var downlink = 8_000_000
    /// Whether others can dial it.
    var isReachable = true
    var joins = Duration.zero
    /// When it leaves, whatever it has by then; `nil` to stay.
    var leaves: Duration?
    /// How long it stays after it has everything; `nil` to stay.
    var leavesAfterCompletion: Duration?

    static let seeder = Member(isComplete: true)
    static let leecher = Member()
}

/// One peer: a real engine, a line to the network, and a file in which a block is right, wrong or not there.
final class VirtualNode {
    let member: Member
    let address: PeerAddress
    let peerID: PeerID
    var engine: TorrentEngine
    var isPresent = false
    /// Its open connections.
    var ends: [PeerKey: LinkEnd] = [:]

    // The line.
    /// Connections with blocks to send, in turn.
    var turns: Deque<LinkEnd> = []
    var uplinkFreeAt = EngineTime.zero
    /// When it looks again at links that were all busy.
    var wakesAt: EngineTime?
    var downlinkFreeAt = EngineTime.zero

    // What came of it.
    /// Blocks of wrong bytes in its file.
    var wrong: Set<BlockRange> = []
    /// How many wrong blocks were digested, each to another digest.
    var wrongDigests: UInt64 = 0
    var banned: [PeerID] = []
    var refusedPieces = 0
    var completedAt: EngineTime?

    init(member: Member, address: PeerAddress, peerID: PeerID, engine: TorrentEngine) {
        self.member = member
        self.address = address
        self.peerID = peerID
        self.engine = engine
    }
}
