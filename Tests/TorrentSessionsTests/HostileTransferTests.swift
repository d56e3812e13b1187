import BitTorrentTypes
import BusServices
import Foundation
import Testing
import TorrentSessions

/// Peers that misbehave in the course of a transfer.
@Suite(.timeLimit(.minutes(5))) struct `A hostile transfer` {
    /// Row 81: the queue of a peer is bounded, and who goes on is closed.
    @Test func `of 50,000 requests at once is closed beyond the queue`() async throws {
        let scene = try await HostileScene.shared.value
        let (folder, log) = (try TemporaryFolder(), PeerLog())
        try await RunningNode.with(1, in: folder, log: log) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            let port = try await HostilePeer.run(seeder.address.port) { peer in
                try peer.greet(scene.victim.infoHash)
                try peer.send(WireID.interested)
                _ = try peer.next(WireID.unchoke)
                let body = HostilePeer.number(0) + HostilePeer.number(0) + HostilePeer.number(16_384)
                let requests = (0..<1_000).flatMap { _ in HostilePeer.frame(WireID.request, body) }
                do {
                    // None of the answers is read.
                    for _ in 0..<50 { try peer.send(requests) }
                    try peer.untilClosed()
                } catch HostilePeer.Failure.closed {}
                return peer.port
            }
            #expect(await log.reason(ofPeerFrom: port) == "2001 requests beyond the queue")
        }
    }

    /// Rows 86 and 95: what comes again counts once; the honest peer's blocks are taken all the same.
    @Test func `of every block twenty times counts each once`() async throws {
        try await downloading { scene, leecher, seeder in
            try await HostilePeer.run(leecher.address.port) { peer in
                try peer.greet(scene.victim.infoHash)
                var answered = 0
                do {
                    try peer.pretendToSeed(scene.victim) { request, right in
                        for _ in 0..<20 { try peer.answer(request, right) }
                        answered += 1
                    }
                } catch HostilePeer.Failure.closed {}
                #expect(answered == scene.blockCount)
            }
            return ["wasted": 19 * Payload.size]
        }
    }

    /// Row 90: a stream that breaks at any byte costs the block that was cut, and no other.
    @Test func `that breaks at every byte of a message loses no block and doubles none`() async throws {
        try await downloading { scene, leecher, seeder in
            for cut in 0..<17 {
                try await HostilePeer.run(leecher.address.port) { peer in
                    // Another id each time: a peer that is just gone may not be known as gone yet.
                    var id = HostilePeer.peerID
                    id[19] = UInt8(cut)
                    try peer.greet(scene.victim.infoHash, as: id)
                    try peer.send(WireID.bitfield, scene.victim.fullBitfield)
                    try peer.send(WireID.unchoke)
                    let request = try peer.next(WireID.request)
                    let numbers = request.numbers
                    let block = scene.victim.piece(numbers[0])[numbers[1]..<numbers[1] + numbers[2]]
                    let frame = HostilePeer.frame(WireID.piece, Array(request.body.prefix(8)) + block)
                    try peer.send(Array(frame.prefix(cut)))
                }
            }
            try await leecher.download(scene.payload, to: leecher.folder["leech"], from: [seeder.address])
            return [:]
        }
    }

    /// Row 88: whoever sends a wrong block now and then, or only in the end, is found; nobody else is.
    @Test(arguments: [HostileLies.onceInAll, .inTheLastPieces, .inEverySeventhBlock])
    func `with some wrong blocks is found out`(lies: HostileLies) async throws {
        try await downloading { scene, leecher, seeder in
            try await HostilePeer.run(leecher.address.port) { peer in
                try peer.greet(scene.victim.infoHash)
                var count = 0
                do {
                    try peer.pretendToSeed(scene.victim) { request, right in
                        count += 1
                        let isWrong = lies.isLie(block: count, of: scene.blockCount)
                        try peer.answer(request, isWrong ? right.map { ~$0 } : right)
                    }
                } catch HostilePeer.Failure.closed {}
            }
            try await leecher.download(scene.payload, to: leecher.folder["leech"], from: [seeder.address])
            return ["refused": lies.spoiltPieces(of: scene.blockCount), "banned": 1]
        }
    }

    /// Row 89 and fault F17: one of two, and nine of ten, send nothing but wrong blocks.
    @Test(arguments: [1, 9])
    func `of liars beside one honest seeder bans them alone`(liars: Int) async throws {
        try await downloading { scene, leecher, seeder in
            let (asked, isAsked) = AsyncStream.makeStream(of: Void.self)
            async let lies: Void = withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<liars {
                    group.addTask {
                        try await HostilePeer.run(leecher.address.port) { peer in
                            var id = HostilePeer.peerID
                            id[19] = UInt8(number)
                            try peer.greet(scene.victim.infoHash, as: id)
                            do {
                                try peer.pretendToSeed(scene.victim) { request, right in
                                    isAsked.yield()
                                    try peer.answer(request, right.map { ~$0 })
                                }
                            } catch HostilePeer.Failure.closed {}
                        }
                    }
                }
                try await group.waitForAll()
            }
            for await _ in asked { break }
            try await leecher.download(scene.payload, to: leecher.folder["leech"], from: [seeder.address])
            try await leecher.node.wait(scene.victim.infoHash, for: .seeding)
            try await lies
            return ["refused": 2 * liars, "banned": liars]
        }
    }

    /// Row 96: one address takes no more than its share of the connections.
    @Test func `of a hundred connections from one address keeps 64`() async throws {
        let scene = try await HostileScene.shared.value
        let (folder, log) = (try TemporaryFolder(), PeerLog())
        try await RunningNode.with(1, in: folder, log: log) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await HostilePeer.run(seeder.address.port) { first in
                var kept: [HostilePeer] = [first]
                try first.greet(scene.victim.infoHash)
                for number in 1..<100 {
                    let peer = try HostilePeer(connectingTo: seeder.address.port)
                    var id = HostilePeer.peerID
                    id[19] = UInt8(100 + number)
                    do {
                        try peer.greet(scene.victim.infoHash, as: id)
                        if number >= 64 { try peer.untilClosed() } else { kept.append(peer) }
                    } catch HostilePeer.Failure.closed {
                        #expect(number >= 64)
                    }
                }
                // The first ones are still served.
                for peer in kept.prefix(2) {
                    try peer.send(WireID.interested)
                    try peer.fetch(piece: 5, expecting: Array(scene.victim.piece(5).prefix(16_384)))
                }
            }
            #expect(try await seeder.service.peers(scene.victim.infoHash).peers.count <= 64)
        }
    }

    /// Row 101: a queue of no requests is one of a single request.
    @Test func `with a queue of no requests is asked for one block at a time`() async throws {
        try await downloading { scene, leecher, seeder in
            try await HostilePeer.run(leecher.address.port) { peer in
                try peer.greet(scene.victim.infoHash)
                try peer.send(WireID.extended, [0] + Array("d4:reqqi0ee".utf8))
                do {
                    try peer.pretendToSeed(scene.victim) { request, right in
                        // One more request before this one is answered would come in this time.
                        while try !peer.isSilent(within: 0.005) {
                            let message = try peer.message()
                            #expect(message.id != WireID.request)
                        }
                        try peer.answer(request, right)
                    }
                } catch HostilePeer.Failure.closed {}
            }
            return [:]
        }
    }

    /// A node that downloads; `body` brings about that it completes, and says what it wasted.
    private func downloading(
        _ body: (HostileScene, Leecher, RunningNode) async throws -> [String: Int]
    ) async throws {
        let scene = try await HostileScene.shared.value
        let (folder, log) = (try TemporaryFolder(), PeerLog())
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await RunningNode.with(2, in: folder, log: log) { node in
                let leecher = Leecher(node: node, folder: folder)
                try await node.download(scene.payload, to: folder["leech"], from: [])
                let expected = try await body(scene, leecher, seeder)
                let summary = try await node.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
                #expect(summary.downloaded - summary.wasted - summary.hashFailed == Payload.size)
                if let wasted = expected["wasted"] { #expect(summary.wasted <= wasted) }
                if let refused = expected["refused"] {
                    #expect((1...refused * scene.victim.layout.pieceLength).contains(summary.hashFailed))
                    #expect((1...(expected["banned"] ?? 1)).contains(log.banned.count))
                    #expect(!log.banned.contains("\(seeder.address)"))
                } else {
                    #expect(summary.hashFailed == 0)
                    #expect(log.banned.isEmpty)
                }
            }
        }
    }

    private struct Leecher: Sendable {
        let node: RunningNode
        let folder: TemporaryFolder

        var address: PeerAddress { node.address }

        func download(_ payload: Payload, to directory: URL, from peers: [PeerAddress]) async throws {
            try await node.download(payload, to: directory, from: peers)
        }
    }
}

/// Which blocks of an otherwise honest peer are wrong.
enum HostileLies: Sendable {
    case onceInAll
    case inTheLastPieces
    case inEverySeventhBlock

    func isLie(block count: Int, of total: Int) -> Bool {
        switch self {
        case .onceInAll: count == 3
        case .inTheLastPieces: count > total - 4
        case .inEverySeventhBlock: count.isMultiple(of: 7)
        }
    }

    /// How many pieces have such a block at most: all of them may be there before the first is looked at.
    func spoiltPieces(of total: Int) -> Int {
        switch self {
        case .onceInAll: 1
        case .inTheLastPieces: 4
        case .inEverySeventhBlock: total / 7
        }
    }
}

extension HostileScene {
    var blockCount: Int { victim.layout.pieces.reduce(0) { $0 + victim.layout.blockCount(of: $1) } }
}
