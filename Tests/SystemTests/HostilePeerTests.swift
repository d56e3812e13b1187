import Foundation
import RunningSuite
import Testing

/// Real nodes among hostile peers: faults F17, F18 and F19.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `A node among hostile peers` {
    private static let size = 8 << 20
    /// Of 64 KiB.
    private static let pieceCount = size >> 16

    /// A suite of two nodes, the first of which seeds.
    private func seeding(_ body: @Sendable (RunningSuite, _ torrent: String, _ infoHash: String) async throws -> Void)
        async throws
    {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: Self.size)
            let torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed("create", file, "-o", torrent, "--piece-length", "64KiB", "--json")
            let infoHash = try #require(try created.json["info_hash_v1"].string)
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"), "--node", "peer-node/1")
            try await suite.until("node 1 seeds") {
                try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
            }
            try await body(suite, torrent, infoHash)
        }
    }

    /// Node 2 downloads from node 1 and forgets it again.
    private func download(_ torrent: String, _ infoHash: String, in suite: RunningSuite) async throws {
        let address = "127.0.0.1:\(try await suite.peerPort(of: "peer-node/1"))"
        let copy = suite.scratch("copy")
        try await suite.succeed("download", torrent, "--node", "peer-node/2", "--to", copy, "--peer", address)
        #expect(try await areEqual(suite.scratch("payload/file.bin"), copy + "/file.bin"))
        try await suite.succeed("remove", infoHash, "--node", "peer-node/2", "--delete-data")
    }

    /// F18.
    @Test func `twenty of each kind that floods: it serves, and takes no more memory for them`() async throws {
        try await seeding { suite, torrent, infoHash in
            let pid = try await suite.pid(of: "peer-node/1")
            let port = try await suite.peerPort(of: "peer-node/1")
            try await download(torrent, infoHash, in: suite)
            for flood in Flood.allCases {
                try ProcessUse.forgetPeak(of: pid)
                let before = try ProcessUse.peakMemory(of: pid)
                let isOver = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            try await LawlessPeer.run(port, infoHash, number: number) { peer in
                                try flood.pour(into: peer) { isOver.isUp }
                            }
                        }
                    }
                    do {
                        try await download(torrent, infoHash, in: suite)
                        isOver.raise()
                        try await group.waitForAll()
                    } catch {
                        isOver.raise()
                        throw error
                    }
                }
                let growth = try ProcessUse.peakMemory(of: pid) - before
                #expect(growth <= 64 << 20, "\(flood): \(growth >> 20) MiB more")
            }
            #expect(try await suite.pid(of: "peer-node/1") == pid)
        }
    }

    /// F19.
    @Test func `a thousand sockets that say nothing: it serves, and closes each`() async throws {
        try await seeding { suite, torrent, infoHash in
            let port = try await suite.peerPort(of: "peer-node/1")
            let (open, isOpen) = AsyncStream.makeStream(of: Void.self)
            async let closed: Int = LoopbackSocket.run(port) { first in
                defer { isOpen.finish() }
                let sockets = try [first] + (1..<1_000).map { _ in try LoopbackSocket(connectingTo: port) }
                isOpen.finish()
                for socket in sockets { try socket.untilClosed() }
                return sockets.count
            }
            for await _ in open {}
            try await download(torrent, infoHash, in: suite)
            #expect(try await closed == 1_000)
        }
    }

    /// F17.
    @Test func `nine liars beside one honest seeder: it is whole, and little is fetched for nothing`() async throws {
        try await seeding { suite, torrent, infoHash in
            let copy = suite.scratch("copy")
            try await suite.succeed("add", torrent, "--node", "peer-node/2", "--to", copy)
            let port = try await suite.peerPort(of: "peer-node/2")
            let (asked, isAsked) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<9 {
                    group.addTask {
                        try await LawlessPeer.run(port, infoHash, number: number) { peer in
                            try peer.lie(pieceCount: Self.pieceCount) { isAsked.yield() }
                        }
                    }
                }
                for await _ in asked { break }
                let address = "127.0.0.1:\(try await suite.peerPort(of: "peer-node/1"))"
                try await suite.succeed("add", torrent, "--node", "peer-node/2", "--to", copy, "--peer", address)
                try await suite.until("node 2 has it all") {
                    try await suite.torrent(infoHash, on: "peer-node/2")["state"].string == "seeding"
                }
                try await group.waitForAll()
            }
            #expect(try await areEqual(suite.scratch("payload/file.bin"), copy + "/file.bin"))
            let failed = try await suite.torrent(infoHash, on: "peer-node/2")["hash_failed"].int ?? .max
            #expect((1...2 * 9 << 16).contains(failed), "\(failed) bytes were wrong")
        }
    }
}
