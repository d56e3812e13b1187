import BitTorrentTypes

/// Who delivered a block, over all connections of one peer.
typealias Contributor = Int32

/// One piece under way: what is asked, what is there, and from whom.
///
///     block    0 1 2 3 4 5 6 7
///     state    ■ ■ ■ ▨ ▢ ▢ · ·       ■ received   ▨ being written   ▢ asked   · unasked
///
/// A block is unasked, asked or received. `asked` and `overdue` together count the entries for the block in the request
/// queues of all peers; a received block has none.
struct PartialPiece: Sendable {
    struct Block: Sendable {
        /// Requests that we rely on.
        var asked: UInt16 = 0
        /// Requests that we gave up on: an answer is still welcome.
        var overdue: UInt16 = 0
        /// Who delivered it, once it is there.
        var sender: Contributor?
        /// Who is sending it right now: two writers in one place would mix their bytes.
        var writer: PeerKey?

        var isUnasked: Bool { asked == 0 && sender == nil }
    }

    let piece: PieceIndex
    private(set) var blocks: [Block]
    private(set) var unasked: Int
    private(set) var received = 0
    /// The peer that began it and goes on with it; others join only when nothing else is left.
    var owner: PeerKey?
    /// Since when only the owner may deliver: if the piece turns out bad, the owner alone is to blame.
    var exclusiveSince: EngineTime?
    /// No block before this one is unasked.
    private var hint = 0

    init(piece: PieceIndex, blockCount: Int, owner: PeerKey) {
        self.piece = piece
        self.owner = owner
        blocks = Array(repeating: Block(), count: blockCount)
        unasked = blockCount
    }

    var isFull: Bool { received == blocks.count }
    var isExclusive: Bool { exclusiveSince != nil }
    var isIdle: Bool { unasked + received == blocks.count }

    /// Everybody whose bytes are in the piece, each once.
    var contributors: [Contributor] {
        var found: [Contributor] = []
        for case let sender? in blocks.lazy.map(\.sender) where !found.contains(sender) { found.append(sender) }
        return found
    }

    /// Who sent each block of a full piece.
    var senders: [Contributor] { blocks.compactMap(\.sender) }

    /// Marks up to `count` unasked blocks as asked, in order.
    mutating func ask(upTo count: Int, layout: PieceLayout, into ranges: inout [BlockRange]) -> Int {
        var taken = 0
        while taken < count, unasked > 0, hint < blocks.count {
            if blocks[hint].isUnasked {
                blocks[hint].asked = 1
                unasked -= 1
                taken += 1
                ranges.append(layout.block(hint, of: piece))
            }
            hint += 1
        }
        return taken
    }

    /// Asks a further peer for a block that is asked already.
    mutating func askAgain(_ number: Int) {
        if blocks[number].isUnasked { unasked -= 1 }
        blocks[number].asked += 1
    }

    /// A request is given up; its answer is still welcome.
    mutating func giveUp(_ number: Int) {
        blocks[number].overdue += 1
        release(number)
    }

    /// A request that we relied on is gone.
    mutating func release(_ number: Int) {
        blocks[number].asked -= 1
        if blocks[number].isUnasked { becameUnasked(number) }
    }

    /// A request that was given up is gone.
    mutating func releaseOverdue(_ number: Int) {
        blocks[number].overdue -= 1
    }

    mutating func beginWriting(_ number: Int, by key: PeerKey) { blocks[number].writer = key }

    mutating func endWriting(_ number: Int, by key: PeerKey) {
        if blocks[number].writer == key { blocks[number].writer = nil }
    }

    mutating func receive(_ number: Int, from sender: Contributor) {
        if blocks[number].isUnasked { unasked -= 1 }
        blocks[number].sender = sender
        blocks[number].writer = nil
        received += 1
    }

    /// Forgets the received blocks of `sender`, or all; returns their numbers.
    mutating func discard(from sender: Contributor? = nil) -> [Int] {
        var discarded: [Int] = []
        for number in blocks.indices {
            guard let actual = blocks[number].sender, sender == nil || sender == actual else { continue }
            blocks[number].sender = nil
            received -= 1
            if blocks[number].isUnasked { becameUnasked(number) }
            discarded.append(number)
        }
        return discarded
    }

    private mutating func becameUnasked(_ number: Int) {
        unasked += 1
        hint = min(hint, number)
    }
}
