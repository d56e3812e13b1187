import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

/// Engines that exchange their actions in virtual time: no sockets, no files, the same seed the same run.
///
/// Every node has an uplink of its own rate; what it serves goes out block after block. Data is one bit a block: right or
/// wrong.
struct VirtualSwarm {
    enum Conduct {
        case honest
        /// Sends wrong bytes in every block.
        case lies
        /// Sends wrong bytes in one block of ten.
        case liesSometimes
        /// Takes requests and answers none.
        case stalls
    }

    struct Node {
        var engine: TorrentEngine
        let address: PeerAddress
        let peerID: PeerID
        let conduct: Conduct
        var links: [PeerKey: Link] = [:]
        /// What goes out next, and after it.
        var outbox: [(range: BlockRange, key: PeerKey)] = []
        var isSending = false
        /// Blocks of wrong bytes in this node's file.
        var wrong: Set<BlockRange> = []
        var banned: [PeerID] = []
        var refusedPieces = 0
        var completedAt: EngineTime?
        private var digestCount: UInt64 = 0

        init(engine: TorrentEngine, address: PeerAddress, peerID: PeerID, conduct: Conduct) {
            self.engine = engine
            self.address = address
            self.peerID = peerID
            self.conduct = conduct
        }

        /// Wrong bytes are wrong in ever new ways.
        mutating func nextDigest() -> UInt64 {
            digestCount += 1
            return digestCount
        }
    }

    struct Link {
        let node: Int
        let key: PeerKey
    }

    private enum Event {
        case dial(from: Int, PeerAddress)
        case message(PeerMessage, to: Int, PeerKey)
        case block(BlockRange, isRight: Bool, to: Int, PeerKey)
        case sent(BlockRange, by: Int, PeerKey)
        case checked(PieceIndex, by: Int)
        case gone(Int, PeerKey)
        case tick(Int)
    }

    static let latency = Duration.milliseconds(5)

    let layout: PieceLayout
    private(set) var nodes: [Node] = []
    private(set) var now = EngineTime.zero
    private let bytesPerSecond: Double
    private let infoHash: InfoHash
    /// The next event last.
    private var queue: [(at: EngineTime, event: Event)] = []

    init(layout: PieceLayout, bytesPerSecond: Double = 1_000_000) throws {
        self.layout = layout
        self.bytesPerSecond = bytesPerSecond
        infoHash = try #require(InfoHash([UInt8](repeating: 9, count: 20)))
    }

    /// Adds a node and returns its number; it learns of all nodes before it.
    @discardableResult
    mutating func join(
        complete: Bool = false,
        _ conduct: Conduct = .honest,
        seed: UInt64,
        settings: EngineSettings = EngineSettings()
    ) throws -> Int {
        let number = nodes.count
        let address = PeerAddress(ip: .v4(0x0A00_0001 + UInt32(number)), port: 6881)
        let tail = [UInt8](repeating: UInt8(truncatingIfNeeded: seed &* 31), count: 11) + [UInt8(number)]
        let id = try #require(PeerID(PeerID.prefix + tail))
        let has = complete ? Bitfield(allOf: layout.pieceCount) : Bitfield(pieceCount: layout.pieceCount)
        let engine = TorrentEngine(layout: layout, verified: has, ownID: id, settings: settings, seed: seed)
        nodes.append(Node(engine: engine, address: address, peerID: id, conduct: conduct))
        let known = nodes.dropLast().map(\.address)
        act(number) { engine, now, actions in engine.learn(known, from: .tracker, at: now, into: &actions) }
        schedule(.tick(number), after: .milliseconds(500))
        return number
    }

    mutating func superSeed(_ node: Int) {
        act(node) { engine, now, actions in engine.setSuperSeeding(true, at: now, into: &actions) }
    }

    /// Tells one node where another listens.
    mutating func introduce(_ node: Int, to other: Int) {
        let address = nodes[other].address
        act(node) { engine, now, actions in engine.learn([address], from: .tracker, at: now, into: &actions) }
    }

    /// Runs until `isDone` or the time is up; returns whether it was done.
    mutating func run(for limit: Duration, until isDone: (VirtualSwarm) -> Bool) -> Bool {
        let end = now + limit
        while !queue.isEmpty, queue[queue.count - 1].at <= end {
            let next = queue.removeLast()
            now = next.at
            happen(next.event)
            if isDone(self) { return true }
        }
        return false
    }

    // MARK: - Events

    private mutating func schedule(_ event: Event, after delay: Duration) {
        let at = now + delay
        // The next event is the last of the array; of two at one moment, the one scheduled first.
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at > at { low = middle + 1 } else { high = middle }
        }
        queue.insert((at, event), at: low)
    }

    private mutating func happen(_ event: Event) {
        switch event {
        case .dial(let from, let address):
            dial(from: from, address)
        case .message(let message, let node, let key):
            act(node) { engine, now, actions in engine.received(message, from: key, at: now, into: &actions) }
        case .block(let range, let isRight, let node, let key):
            receive(range, isRight: isRight, node, key)
        case .sent(let range, let node, let key):
            nodes[node].isSending = false
            act(node) { engine, now, actions in engine.blockUploaded(range, to: key, at: now, into: &actions) }
            sendNext(of: node)
        case .checked(let piece, let node):
            let isGood = !nodes[node].wrong.contains { $0.piece == piece }
            act(node) { engine, now, actions in
                engine.pieceChecked(piece, isGood: isGood, at: now, into: &actions)
            }
        case .gone(let node, let key):
            nodes[node].links[key] = nil
            act(node) { engine, now, actions in
                engine.peerGone(key, .connectionLost("closed"), at: now, into: &actions)
            }
        case .tick(let node):
            act(node) { engine, now, actions in engine.tick(at: now, into: &actions) }
            schedule(.tick(node), after: .milliseconds(500))
        }
    }

    private mutating func dial(from: Int, _ address: PeerAddress) {
        guard let to = nodes.firstIndex(where: { $0.address == address }) else {
            nodes[from].engine.dialFailed(address, .connectionLost("refused"), at: now)
            return
        }
        let source = PeerAddress(ip: nodes[from].address.ip, port: 50_000)
        var theirActions: [TorrentAction] = []
        var ourActions: [TorrentAction] = []
        do {
            let theirKey = try nodes[to].engine.peerConnected(
                PeerArrival(direction: .incoming, address: source, handshake: handshake(of: from)),
                at: now,
                into: &theirActions
            )
            do {
                let ourKey = try nodes[from].engine.peerConnected(
                    PeerArrival(direction: .outgoing(address), address: address, handshake: handshake(of: to)),
                    at: now,
                    into: &ourActions
                )
                nodes[from].links[ourKey] = Link(node: to, key: theirKey)
                nodes[to].links[theirKey] = Link(node: from, key: ourKey)
            } catch {
                nodes[to].engine.peerGone(theirKey, .connectionLost("closed"), at: now, into: &theirActions)
            }
        } catch {
            nodes[from].engine.dialFailed(address, .connectionLost("closed at once"), at: now)
        }
        perform(theirActions, of: to)
        perform(ourActions, of: from)
    }

    private func handshake(of node: Int) -> Handshake {
        Handshake(infoHash: infoHash, peerID: nodes[node].peerID)
    }

    private mutating func receive(_ range: BlockRange, isRight: Bool, _ node: Int, _ key: PeerKey) {
        var isWritten = false
        act(node) { engine, now, actions in
            guard let block = engine.blockStarts(BlockHeader(range), from: key, at: now, into: &actions) else { return }
            engine.blockReceived(block, from: key, at: now, into: &actions)
            isWritten = true
        }
        guard isWritten else { return }
        if isRight { nodes[node].wrong.remove(range) } else { nodes[node].wrong.insert(range) }
    }

    private mutating func act(
        _ node: Int,
        _ event: (inout TorrentEngine, EngineTime, inout [TorrentAction]) -> Void
    ) {
        var actions: [TorrentAction] = []
        event(&nodes[node].engine, now, &actions)
        perform(actions, of: node)
    }

    // MARK: - Actions

    private mutating func perform(_ actions: [TorrentAction], of node: Int) {
        for action in actions {
            switch action {
            case .send(let message, let key):
                guard let link = nodes[node].links[key] else { continue }
                schedule(.message(message, to: link.node, link.key), after: Self.latency)
            case .serve(let range, let key):
                nodes[node].outbox.append((range, key))
                sendNext(of: node)
            case .cancelServe(let range, let key):
                if let place = nodes[node].outbox.firstIndex(where: { $0.range == range && $0.key == key }) {
                    nodes[node].outbox.remove(at: place)
                }
            case .cancelAllServes(let key):
                nodes[node].outbox.removeAll { $0.key == key }
            case .verify(let piece):
                schedule(.checked(piece, by: node), after: .milliseconds(20))
            case .connect(let address):
                schedule(.dial(from: node, address), after: Self.latency)
            case .close(let key, _):
                guard let link = nodes[node].links.removeValue(forKey: key) else { continue }
                schedule(.gone(link.node, link.key), after: Self.latency)
            case .banned(_, let id):
                nodes[node].banned.append(id)
            case .completed:
                nodes[node].completedAt = now
            case .pieceRefused:
                nodes[node].refusedPieces += 1
            case .digestBlocks(let piece):
                let digests = (0..<layout.blockCount(of: piece)).map { number -> UInt64 in
                    nodes[node].wrong.contains(layout.block(number, of: piece)) ? nodes[node].nextDigest() : 0
                }
                act(node) { engine, now, actions in
                    engine.blocksDigested(piece, digests, at: now, into: &actions)
                }
            case .dropIncomingBlock, .pieceVerified, .finished:
                break
            }
        }
    }

    private func sendsRight(_ range: BlockRange, of node: Int) -> Bool {
        switch nodes[node].conduct {
        case .honest, .stalls: true
        case .lies: false
        case .liesSometimes: (range.piece.rawValue * 7 + range.offset / PieceLayout.blockLength) % 10 != 0
        }
    }

    /// Begins to send the next block, when the uplink is free.
    private mutating func sendNext(of node: Int) {
        guard nodes[node].conduct != .stalls else { return }
        while !nodes[node].isSending, !nodes[node].outbox.isEmpty {
            let (range, key) = nodes[node].outbox.removeFirst()
            guard let link = nodes[node].links[key] else { continue }
            nodes[node].isSending = true
            let duration = Duration.seconds(Double(range.length) / bytesPerSecond)
            let isRight = sendsRight(range, of: node)
            schedule(.block(range, isRight: isRight, to: link.node, link.key), after: duration + Self.latency)
            schedule(.sent(range, by: node, key), after: duration)
        }
    }
}
