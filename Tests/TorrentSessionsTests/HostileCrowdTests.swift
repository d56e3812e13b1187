import BitTorrentTypes
import BusServices
import Foundation
import Synchronization
import Testing

/// Many hostile peers at once, or one that holds what others wait for, beside a transfer that must go on.
@Suite(.timeLimit(.minutes(5))) struct `A hostile crowd` {
    /// Fault F16: a black hole takes every request and answers none, and what it holds is asked of an honest seeder.
    @Test func `does not keep a download that asked a black hole first`() async throws {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [])
                let (asked, isAsked) = AsyncStream.makeStream(of: Void.self)
                async let hole: Void = HostilePeer.run(leecher.address.port) { peer in
                    try peer.greet(scene.victim.infoHash)
                    do {
                        try peer.pretendToSeed(scene.victim) { _, _ in isAsked.finish() }
                    } catch HostilePeer.Failure.closed {}
                }
                for await _ in asked {}
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                let summary = try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
                #expect(summary.wasted == 0)
                try await hole
            }
        }
    }

    /// Fault F18: each way to flood, over twenty connections, while the seeder serves a download.
    @Test(arguments: Flood.allCases)
    func `that floods a seeder stops no transfer`(flood: Flood) async throws {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            let end = Ending()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await HostilePeer.run(seeder.address.port) { peer in
                            var id = HostilePeer.peerID
                            id[19] = UInt8(100 + number)
                            do {
                                try peer.greet(scene.victim.infoHash, as: id)
                                try flood.pour(into: peer, until: end)
                            } catch is HostilePeer.Failure {
                                // Closed, or not read any more: either is fine with us.
                            }
                        }
                    }
                }
                try await RunningNode.with(2, in: folder) { leecher in
                    try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                    try await leecher.wait(scene.victim.infoHash, for: .seeding)
                    #expect(scene.payload.equals(folder["leech"]))
                }
                end.come()
                try await group.waitForAll()
            }
        }
    }

    /// Fault F19: sockets that say nothing keep nobody out, and each is closed.
    @Test func `of a thousand silent sockets keeps nobody out`() async throws {
        let scene = try await HostileScene.shared.value
        let folder = try TemporaryFolder()
        try await RunningNode.with(1, in: folder) { seeder in
            _ = try await seeder.seed(scene.payload, from: scene.seed)
            let (open, isOpen) = AsyncStream.makeStream(of: Void.self)
            async let silent: Int = HostilePeer.run(seeder.address.port) { first in
                defer { isOpen.finish() }
                var peers = [first]
                for _ in 1..<1_000 { peers.append(try HostilePeer(connectingTo: first.remotePort)) }
                isOpen.finish()
                for peer in peers { try peer.untilClosed() }
                return peers.count
            }
            for await _ in open {}
            try await RunningNode.with(2, in: folder) { leecher in
                try await leecher.download(scene.payload, to: folder["leech"], from: [seeder.address])
                try await leecher.wait(scene.victim.infoHash, for: .seeding)
                #expect(scene.payload.equals(folder["leech"]))
            }
            #expect(try await silent == 1_000)
        }
    }
}

/// What those that flood look for now and then.
final class Ending: Sendable {
    private let state = Mutex(false)

    var hasCome: Bool { state.withLock { $0 } }

    func come() { state.withLock { $0 = true } }
}

/// Ways to give a seeder work that leads nowhere.
enum Flood: CaseIterable, Sendable {
    case haves
    case keepAlives
    case changesOfMind
    case unknownMessages
    case blocksNobodyAskedFor
    case requestsWhileChoked

    /// Pours until the end, until the other side closes, or until it has taken two thousand messages.
    func pour(into peer: HostilePeer, until end: Ending) throws {
        let drop = drop
        for _ in 0..<20 where !end.hasCome { try peer.send(drop) }
    }

    private var drop: [UInt8] {
        switch self {
        case .haves:
            (0..<100).flatMap { HostilePeer.frame(WireID.have, HostilePeer.number($0 % 40)) }
        case .keepAlives:
            [UInt8](repeating: 0, count: 400)
        case .changesOfMind:
            (0..<25).flatMap { _ in
                [WireID.interested, WireID.notInterested, WireID.unchoke, WireID.choke]
                    .flatMap { HostilePeer.frame($0) }
            }
        case .unknownMessages:
            HostilePeer.frame(99, [UInt8](repeating: 7, count: 200_000))
        case .blocksNobodyAskedFor:
            HostilePeer.frame(WireID.piece, [UInt8](repeating: 0, count: 8 + 16_384))
        case .requestsWhileChoked:
            (0..<100).flatMap { _ in HostilePeer.frame(WireID.request, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0]) }
        }
    }
}
