import Foundation
import RunningSuite
import Testing

/// Fault F25: thousands of connections, each from an address of its own.
///
/// `P2P_CONNECTIONS` says how many; the fault speaks of 10,000.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `Thousands of connections` {
    /// What one may cost a process in memory.
    private static let each = 20 << 10
    /// The first make what is made once: threads, buffers, room in tables.
    private static let first = 300
    private static let count = min(
        ProcessInfo.processInfo.environment["P2P_CONNECTIONS"].flatMap { Int($0) } ?? 2_000,
        Crowd.room() - 1_000
    )

    @Test func `to the tracker cost little each, and the next is served`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: ["tracker.udp.port=0"]) { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let port = try #require(URL(string: url)?.port.flatMap { UInt16(exactly: $0) })
            let pid = try await suite.pid(of: "tracker-api/1")
            let crowd = Crowd(at: port)
            func join(_ count: Int) throws {
                for _ in 0..<count {
                    try crowd.join()
                    let id = String(format: "-XX0001-%012d", crowd.count)
                    let hash = String(repeating: "ab", count: 20)
                    let query = "info_hash=\(hash)&peer_id=\(id)&port=\(crowd.count)&left=1&compact=1&numwant=0"
                    let answer = crowd.ask(Array("GET /announce?\(query) HTTP/1.1\r\n\r\n".utf8))
                    try #require(answer.starts(with: "HTTP/1.1 200".utf8), "connection \(crowd.count) was not served")
                }
            }
            try join(Self.first)
            let before = try ProcessUse.memory(of: pid)
            try join(Self.count)
            let cost = (try ProcessUse.memory(of: pid) - before) / Self.count
            print("tracker-api: \(Self.count) connections, \(cost) bytes each")
            #expect(cost <= Self.each)
            // Behind the door too.
            let stats = try await run("curl", ["-sSf", "\(url)/api/tracker/stats"]).json
            #expect(stats["leechers"].int == Self.first + Self.count)
            crowd.leave()
            #expect(try await suite.pid(of: "tracker-api/1") == pid)
        }
    }

    @Test func `to a node cost little each, one past the limit is turned away, and a peer is served`() async throws {
        let room = Self.first + Self.count
        let settings = ["connections.torrent", "connections.node"].map { "peer.\($0)=\(min(room, 10_000))" }
        try await RunningSuite.with(nodes: 1, settings: settings + ["peer.loops=1"]) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 1 << 20)
            let torrent = suite.scratch("file.torrent")
            let created = try await suite.succeed("create", file, "-o", torrent, "--json").json
            let infoHash = try #require(created["info_hash_v1"].string)
            try await suite.succeed("add", torrent, "--to", suite.scratch("payload"))
            try await suite.until("the node seeds") {
                try await suite.torrent(infoHash, on: "peer-node/1")["state"].string == "seeding"
            }
            let pid = try await suite.pid(of: "peer-node/1")
            let port = try await suite.peerPort(of: "peer-node/1")
            let crowd = Crowd(at: port)
            func handshake() throws -> Bool {
                // A node leaves peers that are silent for two minutes; ten thousand take longer to come.
                if crowd.count % 500 == 0 { crowd.tell([0, 0, 0, 0]) }
                try crowd.join()
                let id = String(format: "-XX0001-%012d", crowd.count)
                let greeting = LawlessPeer.handshake(infoHash, id: Array(id.utf8))
                return crowd.ask(greeting, expecting: 68).count >= 68
            }
            for number in 0..<Self.first { try #require(try handshake(), "peer \(number) was turned away") }
            let before = try ProcessUse.memory(of: pid)
            let more = min(room, 10_000) - Self.first
            for number in 0..<more { try #require(try handshake(), "peer \(number) was turned away") }
            let cost = (try ProcessUse.memory(of: pid) - before) / more
            print("peer-node: \(more) connections, \(cost) bytes each")
            #expect(cost <= Self.each)
            // There is no place for one more, and it is told so at once: not left to wait.
            for _ in 0..<20 { #expect(try !handshake()) }
            // The node is there for everybody else.
            #expect(try await suite.torrent(infoHash, on: "peer-node/1")["peers"].int == min(room, 10_000))
            crowd.leave()
            try await suite.until("the node has forgotten them") {
                try await suite.torrent(infoHash, on: "peer-node/1")["peers"].int == 0
            }
            #expect(try handshake(), "who comes later is served")
            #expect(try await suite.pid(of: "peer-node/1") == pid)
        }
    }
}

/// Fault F19: a thousand sockets that say nothing, at each port that listens.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A thousand silent sockets` {
    private static let count = 1_000

    @Test func `at the tracker: clients are served, and each is closed`() async throws {
        try await RunningSuite.with(nodes: 0, workers: 0, settings: ["tracker.udp.port=0"]) { suite in
            let url = try #require(try await suite.succeed("status", "--json").json["http_url"].string)
            let port = try #require(URL(string: url)?.port.flatMap { UInt16(exactly: $0) })
            let crowd = Crowd(of: Self.count, at: port)
            let query = "info_hash=\(String(repeating: "ab", count: 20))&peer_id=-XX0001-000000000001&port=1&left=1"
            #expect(try await run("curl", ["-sSf", "\(url)/announce?\(query)"]).output.contains("8:interval"))
            #expect(try await run("curl", ["-sSf", "\(url)/health"]).code == 0)
            try crowd.untilClosed()
        }
    }

    @Test func `at a node: a peer is served, and each is closed`() async throws {
        try await RunningSuite.with(nodes: 2) { suite in
            let file = try suite.scratch.file("payload/file.bin", size: 3 << 20)
            let infoHash = try #require(try await suite.succeed("seed", "--json", file).json["info_hash_v1"].string)
            let seeder = try await suite.torrent(infoHash, on: "peer-node/1") == .null ? "peer-node/2" : "peer-node/1"
            let other = seeder == "peer-node/1" ? "peer-node/2" : "peer-node/1"
            let crowd = Crowd(of: Self.count, at: try await suite.peerPort(of: seeder))
            let magnet = "magnet:?xt=urn:btih:\(infoHash)"
            try await suite.succeed("download", magnet, "--node", other, "--to", suite.scratch("copy"))
            #expect(try await areEqual(file, suite.scratch("copy/file.bin")))
            try crowd.untilClosed()
        }
    }

    @Test func `at the hub: orders are carried out, and each is closed`() async throws {
        try await RunningSuite.with { suite in
            let script = """
                from socket import AF_UNIX, socket
                from sys import argv
                crowd = []
                for _ in range(int(argv[2])):
                    one = socket(AF_UNIX)
                    one.connect(argv[1])
                    crowd.append(one)
                print("here", flush=True)
                for one in crowd:
                    # What ZeroMQ says first, until it has had enough of the silence.
                    while one.recv(4096):
                        pass
                print("closed", flush=True)
                """
            let socket = suite.home + "/run/control.sock"
            let command = ["python3", "-c", script, socket, "\(Self.count)"]
            try await RunningProgram.with(command) { crowd in
                _ = try await crowd.line("the crowd is there") { $0 == "here" }
                let processes = try await suite.processes()
                #expect(processes.values.allSatisfy { $0["state"].string == "ready" })
                let file = try suite.scratch.file("payload/file.bin", size: 100_000)
                try await suite.succeed("seed", file)
                _ = try await crowd.line("all of it was sent away") { $0 == "closed" }
            }
            #expect(try await suite.processes().values.allSatisfy { $0["restarts"].int == 0 })
        }
    }
}
