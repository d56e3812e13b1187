import Foundation
import Subprocess
import SystemPackage

/// A suite of real processes with a home and ports of its own, stopped and gone after the test.
package struct RunningSuite: Sendable {
    package let scratch: ScratchFolder
    /// Where its processes are, when not in the network of the tests.
    package let network: PrivateNetwork?
    package var home: String { scratch("home") }

    /// Where `swift build` put the executables: beside the test bundle.
    package static let binaries = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path

    /// Starts a suite, runs `body`, stops it, and fails when it leaves a process behind.
    package static func with<Result>(
        nodes: Int = 1,
        workers: Int = 2,
        settings: [String] = [],
        network: PrivateNetwork? = nil,
        _ body: (RunningSuite) async throws -> Result
    ) async throws -> Result {
        try await ScratchFolder.with { scratch in
            let suite = RunningSuite(scratch: scratch, network: network)
            try await suite.start(nodes: nodes, workers: workers, settings: settings)
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(try await body(suite))
            } catch {
                outcome = .failure(error)
                print(suite.logs)
            }
            let down = try await suite.p2pctl("down")
            if case .success = outcome, down.code != 0, down.code != 2 {
                throw SuiteFailure("p2pctl down: exit \(down.code): \(down.error)\(suite.logs)")
            }
            return try outcome.get()
        }
    }

    package func start(nodes: Int = 1, workers: Int = 2, settings: [String] = []) async throws {
        let pairs = ["tracker.http.port=0", "peer.nodes=\(nodes)", "hasher.workers=\(workers)"] + settings
        try await succeed(["up", "--detach"] + pairs.flatMap { ["--set", $0] })
    }

    /// Runs p2pctl on this suite, whatever it answers.
    package func p2pctl(_ arguments: String...) async throws -> CommandResult { try await p2pctl(arguments) }

    package func p2pctl(_ arguments: [String]) async throws -> CommandResult {
        try await runBeside([Self.binaries + "/p2pctl"] + arguments)
    }

    /// Runs a program in the network and with the home of this suite.
    package func runBeside(_ command: [String]) async throws -> CommandResult {
        let whole = (network?.prefix ?? []) + command
        return try await run(whole[0], Array(whole.dropFirst()), environment: ["P2P_HOME": home], in: scratch.path)
    }

    /// Runs p2pctl and throws when it does not exit 0.
    @discardableResult
    package func succeed(_ arguments: String...) async throws -> CommandResult { try await succeed(arguments) }

    @discardableResult
    package func succeed(_ arguments: [String]) async throws -> CommandResult {
        let result = try await p2pctl(arguments)
        guard result.code == 0 else {
            throw SuiteFailure("\(result.command): exit \(result.code)\n\(result.output)\(result.error)\(logs)")
        }
        return result
    }

    /// `p2pctl ps` by process name.
    package func processes() async throws -> [String: JSON] {
        var rows: [String: JSON] = [:]
        for row in try await succeed("ps", "--json").jsonLines { rows[row["name"].string ?? "?"] = row }
        return rows
    }

    /// The pid of a process that is ready.
    package func pid(of name: String) async throws -> Int32 {
        guard let pid = try await processes()[name]?["pid"].int, pid > 0 else {
            throw SuiteFailure("\(name) is not running")
        }
        return Int32(pid)
    }

    /// What `p2pctl list` says of `torrent` on `node`.
    package func torrent(_ infoHash: String, on node: String) async throws -> JSON {
        try await succeed("list", "--json").jsonLines.first {
            $0["node"].string == node && $0["id"].string == infoHash
        } ?? .null
    }

    /// The port on which a node listens for peers.
    package func peerPort(of node: String) async throws -> UInt16 {
        let nodes = try await succeed("status", "--json").json["nodes"].array
        guard let port = nodes.first(where: { $0["name"].string == node })?["listen_port"].int.flatMap(UInt16.init)
        else { throw SuiteFailure("\(node) has no port: \(nodes)") }
        return port
    }

    /// What the tracker of this suite knows of the peers of a torrent.
    package func trackedPeers(of infoHash: String) async throws -> [JSON] {
        guard let url = try await succeed("status", "--json").json["http_url"].string else { return [] }
        let answer = try await runBeside(["curl", "-s", "\(url)/api/tracker/peers/\(infoHash)"])
        return try answer.json["items"].array
    }

    /// Fetches the .torrent file of a torrent in the catalogue.
    package func fetchTorrent(_ infoHash: String, to file: String) async throws {
        let url = try await succeed("status", "--json").json["http_url"].string ?? ""
        let fetched = try await runBeside([
            "curl", "-sSf", "-o", file, "\(url)/api/tracker/torrents/\(infoHash).torrent",
        ])
        guard fetched.code == 0 else { throw SuiteFailure("\(fetched.command): \(fetched.error)") }
    }

    /// Waits until `condition` holds; asks again after each event of the suite.
    ///
    /// - Throws: ``SuiteFailure`` when the deadline passes first, or the suite ends.
    package func until(
        _ what: String,
        within deadline: Duration = .seconds(60),
        _ condition: @escaping @Sendable () async throws -> Bool
    ) async throws {
        let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let held = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask {
                try await events { changed.yield() }
                changed.finish()
                return nil
            }
            group.addTask {
                for await _ in changes where try await condition() { return true }
                return false
            }
            group.addTask {
                try await Task.sleep(for: deadline)
                return false
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            return false
        }
        guard held else { throw SuiteFailure("not within \(deadline): \(what)\(logs)") }
    }

    /// Calls `body` when the suite's events are live, and after each one, until the task is cancelled.
    private func events(_ body: @escaping @Sendable () -> Void) async throws {
        _ = try await Subprocess.run(
            .path(FilePath(Self.binaries + "/p2pctl")),
            arguments: ["events", "--json"],
            environment: .inherit.updating(["P2P_HOME": home]),
            input: .none,
            output: .sequence,
            error: .discarded
        ) { execution in
            for try await _ in execution.standardOutput.strings() { body() }
        }
    }

    /// Kills a process as a power cut would, and waits until the launcher has it running again.
    package func killAndAwait(_ name: String) async throws {
        let old = try await processes()[name]?["epoch"].int ?? 0
        try killNow(try await pid(of: name))
        try await until("\(name) is ready again") {
            let new = try await processes()[name] ?? .null
            return new["state"].string == "ready" && (new["epoch"].int ?? 0) > old
        }
    }

    /// Waits for a line in the log of a process in which all of `words` stand.
    package func untilLogged(by name: String, _ words: String...) async throws {
        let folder = home + "/log"
        let start = name.replacing("/", with: "-")
        try await eventually("the log of \(name) says \(words)") {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(start) }.contains {
                file in
                try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n").contains {
                    line in
                    words.allSatisfy { line.contains($0) }
                }
            }
        }
    }

    /// The ends of the log files, for a failure's text.
    package var logs: String {
        let folder = home + "/log"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { name in
            let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
            return "\n--- \(name)\n" + text.split(separator: "\n").suffix(15).joined(separator: "\n")
        }.joined()
    }
}

/// Whether a process runs; one that has ended and waits to be reaped by init does not.
package func isRunning(_ pid: Int) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let state = stat.split(separator: ")").last?.split(separator: " ").first
    else { return false }
    return state != "Z" && state != "X"
}

/// Ends a process as a power cut would.
package func killNow(_ pid: Int32) throws {
    guard kill(pid, SIGKILL) == 0 else { throw SuiteFailure("cannot kill \(pid): errno \(errno)") }
}

/// Whether two files or trees have the same names and bytes.
package func areEqual(_ one: String, _ other: String) async throws -> Bool {
    try await run("diff", ["-r", one, other]).code == 0
}
