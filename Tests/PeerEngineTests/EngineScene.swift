import BitTorrentTypes
import PeerEngine
import PeerWire
import Testing

/// One engine, and peers that do what a test says.
final class EngineScene {
    var engine: TorrentEngine
    var now = EngineTime.zero + .seconds(1_000)
    private var actions: [TorrentAction] = []

    init(
        pieces: Int = 8,
        blocks: Int = 4,
        complete: Bool = false,
        wanted: String? = nil,
        _ adjust: (inout EngineSettings) -> Void = { _ in }
    ) throws {
        let layout = try drawnLayout(pieces: pieces, blocks: blocks)
        var settings = EngineSettings()
        adjust(&settings)
        engine = TorrentEngine(
            layout: layout,
            verified: complete ? Bitfield(allOf: pieces) : Bitfield(pieceCount: pieces),
            priorities: wanted.map { PiecePriority.drawn($0) },
            ownID: try Self.id(200),
            settings: settings,
            seed: 42
        )
    }

    static func id(_ number: UInt8) throws -> PeerID { try #require(PeerID([UInt8](repeating: number, count: 20))) }

    /// What the engine asked for since the last call.
    func take() -> [TorrentAction] {
        defer { actions = [] }
        return actions
    }

    /// A peer connects; by default from an address of its own.
    func connect(
        _ number: UInt8,
        ip: String? = nil,
        dialled: PeerAddress? = nil,
        speaksExtensions: Bool = false,
        isFast: Bool = false
    ) throws -> PeerKey {
        let ip = try #require(IPAddress(ip ?? "10.0.0.\(number)"))
        let hash = try #require(InfoHash([UInt8](repeating: 9, count: 20)))
        let reserved: UInt64 = (speaksExtensions ? 1 << 20 : 0) | (isFast ? 4 : 0)
        let handshake = Handshake(infoHash: hash, peerID: try Self.id(number), reserved: reserved)
        let address = dialled ?? PeerAddress(ip: ip, port: 40_000 + UInt16(number))
        let direction = dialled.map { PeerArrival.Direction.outgoing($0) } ?? .incoming
        let arrival = PeerArrival(direction: direction, address: address, handshake: handshake)
        return try engine.peerConnected(arrival, at: now, into: &actions)
    }

    /// A seeder that has unchoked us.
    func connectSeeder(_ number: UInt8) throws -> PeerKey {
        let key = try connect(number)
        receive(.bitfield(Bitfield(allOf: engine.layout.pieceCount)), from: key)
        receive(.unchoke, from: key)
        return key
    }

    /// A leecher that we have unchoked.
    func connectLeecher(_ number: UInt8) throws -> PeerKey {
        let key = try connect(number)
        receive(.interested, from: key)
        return key
    }

    /// The same with the fast extension; what is said first is not kept.
    func connectFastSeeder(_ number: UInt8) throws -> PeerKey {
        let key = try connect(number, isFast: true)
        receive(.haveAll, from: key)
        _ = take()
        receive(.unchoke, from: key)
        return key
    }

    func connectFastLeecher(_ number: UInt8) throws -> PeerKey {
        let key = try connect(number, isFast: true)
        receive(.haveNone, from: key)
        receive(.interested, from: key)
        return key
    }

    func receive(_ message: PeerMessage, from key: PeerKey) {
        engine.received(message, from: key, at: now, into: &actions)
    }

    /// A whole block comes; returns whether it was wanted.
    @discardableResult
    func deliver(_ block: BlockRange, from key: PeerKey) -> Bool {
        guard let range = start(BlockHeader(block), from: key) else { return false }
        finish(range, from: key)
        return true
    }

    func start(_ header: BlockHeader, from key: PeerKey) -> BlockRange? {
        engine.blockStarts(header, from: key, at: now, into: &actions)
    }

    func finish(_ block: BlockRange, from key: PeerKey) {
        engine.blockReceived(block, from: key, at: now, into: &actions)
    }

    func upload(_ block: BlockRange, to key: PeerKey) {
        engine.blockUploaded(block, to: key, at: now, into: &actions)
    }

    /// A range that the engine took back had not been read yet.
    func leaveOut(_ block: BlockRange, to key: PeerKey) {
        engine.serveCancelled(block, to: key, at: now, into: &actions)
    }

    func check(_ piece: PieceIndex, isGood: Bool) {
        engine.piecesChecked([(piece, isGood)], at: now, into: &actions)
    }

    /// Priorities, drawn: `-` skip, `l` low, `·` normal, `h` high.
    func want(_ marks: String) {
        engine.setPriorities(PiecePriority.drawn(marks), at: now, into: &actions)
    }

    func need(_ piece: Int, within time: Duration?) throws {
        let piece = try #require(engine.layout.piece(piece))
        engine.setDeadline(piece, within: time, at: now, into: &actions)
    }

    /// Every block that was asked of a peer comes, and every piece turns out good, until nothing more is asked.
    func download(from key: PeerKey, _ actions: [TorrentAction]) -> [TorrentAction] {
        var seen = actions
        var fresh = actions
        while !fresh.isEmpty {
            for block in requests(to: key, in: fresh) { deliver(block, from: key) }
            for case .verify(let piece) in fresh { check(piece, isGood: true) }
            fresh = take()
            seen += fresh
        }
        return seen
    }

    func superSeed(_ isOn: Bool) { engine.setSuperSeeding(isOn, at: now, into: &actions) }

    func digest(_ piece: PieceIndex, _ digests: [UInt64]) {
        engine.blocksDigested(piece, digests, at: now, into: &actions)
    }

    func gone(_ key: PeerKey, _ fault: PeerFault = .connectionLost("reset")) {
        engine.peerGone(key, fault, at: now, into: &actions)
    }

    func lose(_ piece: Int) throws {
        let piece = try #require(engine.layout.piece(piece))
        engine.pieceLost(piece, at: now, into: &actions)
    }

    /// The extension handshake of a peer, bencoded.
    func introduce(_ text: String, from key: PeerKey) {
        receive(.extended(id: 0, payload: Array(text.utf8)), from: key)
    }

    func wait(_ duration: Duration) {
        now = now + duration
        engine.tick(at: now, into: &actions)
    }

    /// The blocks that the engine asks of a peer, of the actions given.
    func requests(to key: PeerKey, in actions: [TorrentAction]) -> [BlockRange] {
        actions.compactMap { action in
            guard case .send(.request(let piece, let offset, let length), key) = action else { return nil }
            return engine.layout.range(piece: piece, offset: offset, length: length)
        }
    }

    func block(_ piece: Int, _ number: Int) throws -> BlockRange {
        engine.layout.block(number, of: try #require(engine.layout.piece(piece)))
    }
}
