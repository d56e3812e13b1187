import RunningSuite
import Testing

@Suite(.serialized, .timeLimit(.minutes(4))) struct `Workers lost in the middle of a recheck` {
    @Test func `half of them killed with their jobs: the others find the same bad piece`() async throws {
        try await SeededTree.with(workers: 4) { torrent in
            try flipBit(in: torrent.tree + "/own.bin", at: 10_000_000)
            let before = try await torrent.suite.processes()
            let frozen = try await FrozenWorkers.freeze(["hasher-worker/1", "hasher-worker/3"], in: torrent.suite)
            try await torrent.recheck()
            try await torrent.untilGiven(to: frozen.names)
            frozen.kill()
            try await torrent.untilChecked(.downloading)
            let progress = try #require(try await torrent.state()["progress"].number)
            #expect((progress * Double(SeededTree.pieces)).rounded() == Double(SeededTree.pieces - 1))
            for name in frozen.names.sorted() { try await torrent.suite.expectRestart(of: name, since: before) }
        }
    }

    @Test func `one that hangs: its jobs go to the other, and its late answer changes nothing`() async throws {
        try await SeededTree.with { torrent in
            let frozen = try await FrozenWorkers.freeze(["hasher-worker/1"], in: torrent.suite)
            try await torrent.recheck()
            try await torrent.untilGiven(to: frozen.names)
            try await torrent.untilChecked(.seeding)
            frozen.thaw()
            try await torrent.recheck()
            try await torrent.untilChecked(.seeding)
            #expect(try await torrent.state()["progress"].number == 1)
        }
    }
}

/// One worker is frozen with its jobs: the other has done the rest, and then something dies.
@Suite(.serialized, .timeLimit(.minutes(4))) struct `A recheck goes on where it was after the death of` {
    /// Bytes that may be read twice: two jobs of 64 MiB that were with a worker, and two windows of 64 MiB that were
    /// checked and not yet recorded; and what the workers read besides.
    static let slack = 4 * (64 << 20) + (16 << 20)

    struct Middle: Sendable {
        let torrent: SeededTree
        let frozen: FrozenWorkers
        /// Bytes.
        let checked: Int

        static func with(_ body: (Middle) async throws -> Void) async throws {
            try await SeededTree.with { torrent in
                let frozen = try await FrozenWorkers.freeze(["hasher-worker/2"], in: torrent.suite)
                try await torrent.recheck()
                try await torrent.suite.until("most of the torrent is checked") {
                    let state = try await torrent.state()
                    return state["state"].string == "checking" && state["progress"].number ?? 0 >= 0.75
                }
                let progress = try #require(try await torrent.state()["progress"].number)
                let middle = Middle(
                    torrent: torrent,
                    frozen: frozen,
                    checked: Int(progress * Double(SeededTree.size))
                )
                try await body(middle)
            }
        }

        /// Waits for the end of the check, and holds what was read since `before` against what was left.
        func expectTheRestOnly(since before: [Int: Int]) async throws {
            try await torrent.untilChecked(.seeding)
            #expect(try await torrent.state()["progress"].number == 1)
            var read = 0
            for (pid, bytes) in try await torrent.suite.bytesReadByWorkers() { read += bytes - (before[pid] ?? 0) }
            let left = SeededTree.size - checked
            #expect(read <= left + slack, "\(read) bytes were read, \(left) were left")
        }
    }

    @Test func `the peer-node`() async throws {
        try await Middle.with { middle in
            let suite = middle.torrent.suite
            let before = try await suite.processes()
            let read = try await suite.bytesReadByWorkers()
            try killNow(try await suite.pid(of: "peer-node/1"))
            middle.frozen.kill()
            try await suite.expectRestart(of: "peer-node/1", since: before)
            try await middle.expectTheRestOnly(since: read)
        }
    }

    @Test func `the launcher, and with it of everything`() async throws {
        try await Middle.with { middle in
            let suite = middle.torrent.suite
            let processes = try await suite.processes()
            let launcher = try #require(try await suite.succeed("status", "--json").json["launcher_pid"].int)
            try killNow(Int32(launcher))
            for process in processes.values { try await suite.untilGone(Int32(process["pid"].int ?? 0)) }
            try await suite.start()
            try await middle.expectTheRestOnly(since: [:])
        }
    }

    @Test func `both workers`() async throws {
        try await Middle.with { middle in
            let suite = middle.torrent.suite
            middle.frozen.kill()
            try killNow(try await suite.pid(of: "hasher-worker/1"))
            try await middle.expectTheRestOnly(since: [:])
        }
    }
}
