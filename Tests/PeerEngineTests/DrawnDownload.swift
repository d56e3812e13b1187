import BitTorrentTypes
import PeerWire
import Testing

@testable import PeerEngine

/// A download from peers of which some lie, in an order that a die draws: blocks, chokes, verdicts, partings and returns.
final class DrawnDownload {
    struct Source {
        let number: UInt8
        let lies: Bool
        var key: PeerKey?
        var asked: [BlockRange] = []
    }

    let scene: EngineScene
    private(set) var sources: [Source] = []
    private(set) var banned: Set<UInt8> = []
    private(set) var refused = 0
    private var random: EngineRandom
    private var wrong: Set<BlockRange> = []
    private var toCheck: [PieceIndex] = []
    private var wrongDigests: UInt64 = 1

    init(seed: UInt64, honest: Int, liars: Int) throws {
        random = EngineRandom(seed: seed)
        scene = try EngineScene(
            pieces: Int.random(in: 2...12, using: &random),
            blocks: Int.random(in: 1...6, using: &random)
        )
        for number in 1...(honest + liars) { sources.append(Source(number: UInt8(number), lies: number > honest)) }
    }

    var isComplete: Bool { scene.engine.isComplete }

    /// Lets things happen until all is there or so many have happened.
    func run(steps: Int) throws {
        for _ in 0..<steps where !isComplete {
            try step()
            perform(scene.take())
        }
    }

    private func step() throws {
        let place = Int.random(in: sources.indices, using: &random)
        guard let key = sources[place].key else { return try arrive(place) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0: depart(place)
        case 1..<4:
            sources[place].asked = []
            scene.receive(.choke, from: key)
        case 4..<12: scene.receive(.unchoke, from: key)
        case 12..<20: scene.wait(.milliseconds(Int.random(in: 100...3_000, using: &random)))
        case 20..<35: check()
        default: deliver(from: place, key)
        }
    }

    private func arrive(_ place: Int) throws {
        let number = sources[place].number
        guard !banned.contains(number), let key = try? scene.connect(number) else { return }
        sources[place].key = key
        scene.receive(.bitfield(Bitfield(allOf: scene.engine.layout.pieceCount)), from: key)
        scene.receive(.unchoke, from: key)
    }

    private func depart(_ place: Int) {
        guard let key = sources[place].key else { return }
        sources[place].key = nil
        sources[place].asked = []
        scene.gone(key)
    }

    private func deliver(from place: Int, _ key: PeerKey) {
        guard !sources[place].asked.isEmpty else { return }
        let block = sources[place].asked.removeFirst()
        let isWrong = sources[place].lies && Bool.random(using: &random)
        guard let range = scene.start(BlockHeader(block), from: key) else { return }
        if isWrong { wrong.insert(range) } else { wrong.remove(range) }
        scene.finish(range, from: key)
    }

    private func check() {
        guard let piece = toCheck.popLast() else { return }
        scene.check(piece, isGood: !wrong.contains { $0.piece == piece })
    }

    private func perform(_ actions: [TorrentAction]) {
        for action in actions {
            switch action {
            case .send(.request(let piece, let offset, let length), let key):
                guard let place = place(of: key),
                    let block = scene.engine.layout.range(piece: piece, offset: offset, length: length)
                else { continue }
                sources[place].asked.append(block)
            case .send(.cancel(let piece, let offset, let length), let key):
                guard let place = place(of: key),
                    let block = scene.engine.layout.range(piece: piece, offset: offset, length: length)
                else { continue }
                sources[place].asked.removeAll { $0 == block }
            case .close(let key, _):
                guard let place = place(of: key) else { continue }
                sources[place].key = nil
                sources[place].asked = []
            case .verify(let piece):
                toCheck.insert(piece, at: Int.random(in: 0...toCheck.count, using: &random))
            case .pieceRefused:
                refused += 1
            case .digestBlocks(let piece):
                digest(piece)
            case .banned(_, let id):
                banned.insert(id.bytes[0])
            default:
                break
            }
        }
        let more = scene.take()
        if !more.isEmpty { perform(more) }
    }

    private func digest(_ piece: PieceIndex) {
        let layout = scene.engine.layout
        let digests = (0..<layout.blockCount(of: piece)).map { number -> UInt64 in
            guard wrong.contains(layout.block(number, of: piece)) else { return 0 }
            wrongDigests += 1
            return wrongDigests
        }
        scene.digest(piece, digests)
    }

    private func place(of key: PeerKey) -> Int? { sources.firstIndex { $0.key == key } }
}

@Suite struct `Drawn downloads` {
    @Test(arguments: 1...150 as ClosedRange<UInt64>)
    func `from honest peers and liars end well, and no honest peer is ever banned`(seed: UInt64) throws {
        let download = try DrawnDownload(
            seed: seed,
            honest: 1 + Int(seed % 3),
            liars: Int(seed / 3 % 4)
        )
        try download.run(steps: 20_000)
        #expect(download.isComplete)
        let liars = download.sources.filter(\.lies).map(\.number)
        #expect(download.banned.isSubset(of: liars))
        if liars.isEmpty { #expect(download.refused == 0) }
    }

    /// The pieces in the order in which they are begun.
    private func beginnings(_ scene: EngineScene, _ key: PeerKey, _ actions: [TorrentAction]) -> [Int] {
        var begun: [Int] = []
        for block in scene.requests(to: key, in: scene.download(from: key, actions))
        where !begun.contains(block.piece.rawValue) {
            begun.append(block.piece.rawValue)
        }
        return begun
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `begin what is wanted more before what is wanted less`(seed: UInt64) throws {
        var random = EngineRandom(seed: seed)
        let marks = String((0..<24).map { _ in "l·h-".randomElement(using: &random) ?? "·" })
        let scene = try EngineScene(pieces: 24, blocks: 2, wanted: marks) { $0.initialPipeline = 4 }
        let key = try scene.connectSeeder(1)
        let begun = beginnings(scene, key, scene.take())
        let priorities = PiecePriority.drawn(marks)
        let wanted = priorities.indices.filter { priorities[$0] != .skip }
        #expect(Set(begun) == Set(wanted))
        #expect(begun.map { priorities[$0] } == begun.map { priorities[$0] }.sorted(by: >))
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `begin what is needed by a certain time before the rest, in the order of the times`(seed: UInt64) throws {
        var random = EngineRandom(seed: seed)
        let scene = try EngineScene(pieces: 24, blocks: 2) { $0.initialPipeline = 4 }
        let urgent = Array((0..<24).shuffled(using: &random).prefix(Int.random(in: 1...8, using: &random)))
        for (place, piece) in urgent.enumerated() { try scene.need(piece, within: .seconds(1 + place)) }
        let key = try scene.connectSeeder(1)
        let begun = beginnings(scene, key, scene.take())
        #expect(begun.count == 24)
        #expect(Array(begun.prefix(urgent.count)) == urgent)
    }
}
