import BitTorrentTypes
import NIOCore
import PeerEngine
import PeerWire
import SeededRandom
import Testing

/// Real engines that exchange their messages in virtual time: no sockets, no files, the same seed the same run.
///
///     engine ─ actions ─▶ node ─ (encoder) ─▶ link: latency, rate, loss ─▶ (decoder) ─▶ engine
///                           │
///                           └─ uplink: one block at a time, the connections in turn
///
/// Payload is zeros when right and ones when wrong, so that a file is a set of wrong blocks and nothing is hashed.
final class VirtualSwarm {
    enum Event {
        case join(Int)
        case leave(Int)
        case announce(Int)
        case tick(Int)
        case dial(from: Int, PeerAddress)
        /// Something arrives at this end.
        case read(Parcel, LinkEnd)
        case uplinkFree(Int)
        /// The socket of this end has taken a block.
        case taken(BlockRange, LinkEnd)
        case checked(PieceIndex, by: Int)
        /// This end learns that the connection is gone.
        case gone(LinkEnd)
        case cut(Int)
    }

    /// What one read brings.
    enum Parcel {
        case bytes(ByteBuffer)
        case messages([PeerMessage])
        case block(BlockHeader)
        case payload(isWrong: Bool)
    }

    let layout: PieceLayout
    let weather: Weather
    /// Whether all goes through the encoder and the decoder; large swarms are quicker without.
    let usesWire: Bool
    let infoHash: InfoHash
    /// How often engines hear of the time.
    let tickInterval: Duration

    var nodes: [VirtualNode] = []
    var links: [VirtualLink] = []
    var random: SeededGenerator
    private(set) var now = EngineTime.zero
    private(set) var trace = TraceDigest()
    private var queue = EventQueue<Event>()

    /// Nodes that have joined or will, lack pieces and have not left.
    private(set) var openDownloads = 0
    /// What the streams of nodes were closed for by the decoder at the other end.
    var brokenStreams: [PeerFault] = []
    /// How many of those that joined incomplete have each piece.
    private var holders: [Int]
    private var unheld: Int
    /// Bytes that seeders had sent when every piece was first held by one of the others.
    private(set) var seededUntilSelfSufficient: Int?

    init(
        layout: PieceLayout,
        seed: UInt64,
        weather: Weather = .fair,
        tickInterval: Duration = .milliseconds(500),
        usesWire: Bool = true
    ) throws {
        self.layout = layout
        self.weather = weather
        self.tickInterval = tickInterval
        self.usesWire = usesWire
        infoHash = try #require(InfoHash([UInt8](repeating: 9, count: InfoHash.byteCount)))
        random = SeededGenerator(seed: seed)
        holders = Array(repeating: 0, count: layout.pieceCount)
        unheld = layout.pieceCount
    }

    /// Adds a node and returns its number; the tracker tells it of others when it joins.
    @discardableResult
    func add(_ member: Member) throws -> Int {
        let number = nodes.count
        let address = PeerAddress(ip: .v4(Self.firstAddress + UInt32(number)), port: 6881)
        let tail = (0..<10).map { _ in UInt8.random(in: 0...255, using: &random) }
        let mark = [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        let id = try #require(PeerID(PeerID.prefix + tail + mark))
        var settings = member.settings
        if member.conduct == .takesOnly {
            settings.uploadSlots = 0
            settings.optimisticSlots = 0
        }
        let has = member.isComplete ? Bitfield(allOf: layout.pieceCount) : Bitfield(pieceCount: layout.pieceCount)
        let engine = TorrentEngine(layout: layout, verified: has, ownID: id, settings: settings, seed: random.next())
        nodes.append(VirtualNode(member: member, address: address, peerID: id, engine: engine))
        if !member.isComplete { openDownloads += 1 }
        schedule(.join(number), after: member.joins)
        if let leaves = member.leaves { schedule(.leave(number), after: leaves) }
        return number
    }

    private static let firstAddress: UInt32 = 0x0A00_0001

    /// Whose address this is.
    func number(of address: PeerAddress) -> Int? {
        guard case .v4(let word) = address.ip, word >= Self.firstAddress else { return nil }
        let number = Int(word - Self.firstAddress)
        return number < nodes.count ? number : nil
    }

    /// Runs until `isDone` or the time is up; returns whether it was done.
    func run(for limit: Duration, until isDone: (VirtualSwarm) -> Bool) -> Bool {
        let end = now + limit
        while let next = queue.next(until: end) {
            now = next.at
            note(next.event)
            happen(next.event)
            if isDone(self) { return true }
        }
        now = end
        return false
    }

    /// Runs until all that stayed have everything, or the time is up; returns whether they have.
    func complete(within limit: Duration) -> Bool { run(for: limit) { $0.openDownloads == 0 } }

    func schedule(_ event: Event, after delay: Duration) { queue.add(event, at: now + delay) }

    func schedule(_ event: Event, at moment: EngineTime) { queue.add(event, at: moment) }

    /// Has an engine hear of something, and does what it wants.
    func act(
        _ node: Int,
        _ event: (inout TorrentEngine, EngineTime, inout [TorrentAction]) -> Void
    ) {
        guard nodes[node].isPresent else { return }
        var actions: [TorrentAction] = []
        event(&nodes[node].engine, now, &actions)
        perform(actions, of: node)
    }

    // MARK: - Events

    private func happen(_ event: Event) {
        switch event {
        case .join(let node):
            nodes[node].isPresent = true
            schedule(.tick(node), after: .milliseconds(Int.random(in: 1...500, using: &random)))
            announce(node)
        case .leave(let node):
            leave(node)
        case .announce(let node):
            announce(node)
        case .tick(let node):
            guard nodes[node].isPresent else { return }
            act(node) { engine, now, actions in engine.tick(at: now, into: &actions) }
            schedule(.tick(node), after: tickInterval)
        case .dial(let node, let address):
            dial(from: node, address)
        case .read(let parcel, let end):
            receive(parcel, at: end)
        case .uplinkFree(let node):
            sendNext(of: node)
        case .taken(let range, let end):
            guard links[end.link].sides[end.side].isOpen else { return }
            let key = links[end.link].sides[end.side].key
            act(links[end.link].sides[end.side].node) { engine, now, actions in
                engine.blockUploaded(range, to: key, at: now, into: &actions)
            }
        case .checked(let piece, let node):
            let isGood = !nodes[node].wrong.contains { $0.piece == piece }
            act(node) { engine, now, actions in
                engine.piecesChecked([(piece, isGood)], at: now, into: &actions)
            }
        case .gone(let end):
            hangUp(end, .connectionLost("closed"))
        case .cut(let link):
            cut(link)
        }
    }

    /// Writes an event into the trace.
    private func note(_ event: Event) {
        trace.add(now.nanoseconds)
        switch event {
        case .join(let node): trace.add(1 << 32 | node)
        case .leave(let node): trace.add(2 << 32 | node)
        case .announce(let node): trace.add(3 << 32 | node)
        case .tick(let node): trace.add(4 << 32 | node)
        case .dial(let node, let address):
            trace.add(5 << 32 | node)
            address.ip.bytes.withUnsafeBytes { trace.add($0) }
        case .read(let parcel, let end):
            trace.add(6 << 32 | end.link << 1 | end.side)
            trace.add(parcel)
        case .uplinkFree(let node): trace.add(7 << 32 | node)
        case .taken(let range, let end):
            trace.add(8 << 32 | end.link << 1 | end.side)
            trace.add(layout.bytes(of: range).lowerBound)
        case .checked(let piece, let node):
            trace.add(9 << 32 | node)
            trace.add(piece.rawValue)
        case .gone(let end): trace.add(10 << 32 | end.link << 1 | end.side)
        case .cut(let link): trace.add(11 << 32 | link)
        }
    }

    // MARK: - Books

    /// A node has verified a piece, so that it may be asked for it.
    func pieceVerified(_ piece: PieceIndex) {
        holders[piece.rawValue] += 1
        guard holders[piece.rawValue] == 1 else { return }
        unheld -= 1
        guard unheld == 0 else { return }
        seededUntilSelfSufficient = nodes.reduce(0) { $0 + ($1.member.isComplete ? $1.engine.counters.uploaded : 0) }
    }

    func completed(_ node: Int) {
        nodes[node].completedAt = now
        openDownloads -= 1
        if let stay = nodes[node].member.leavesAfterCompletion { schedule(.leave(node), after: stay) }
    }

    /// A node that leaves will not complete.
    func gaveUp(_ node: Int) {
        if !nodes[node].engine.isComplete { openDownloads -= 1 }
    }
}
