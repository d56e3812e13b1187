import Foundation

/// A network of one machine with several addresses, which exists for one test.
///
///     127.0.0.1 ── 10.99.0.1 (the suite) ── 10.99.0.2 ── … ── 10.99.0.5
///
/// It is a network namespace of Linux: its ports are all free, nothing in it reaches the outside, and it is gone with the
/// process that holds it. Some clients refuse peers on the loopback (Transmission), or know a peer by its address alone;
/// here each has an address of its own. A program has it by binding to it; all others speak from 10.99.0.1, to 127.0.0.1
/// too, so that this is the address a tracker on the loopback sees.
package struct PrivateNetwork: Sendable {
    /// Of whatever does not bind to another.
    package static let ours = "10.99.0.1"
    /// For programs that bind to theirs.
    package static let others = (2...5).map { "10.99.0.\($0)" }

    private static let unshare = getuid() == 0 ? ["--net"] : ["--net", "--map-root-user"]
    private let holder: Int32

    /// Whether this user on this machine may have such networks.
    package static func isAvailable() async -> Bool {
        guard isInstalled("ip"), isInstalled("unshare"), isInstalled("nsenter") else { return false }
        return (try? await run("unshare", unshare + ["ip", "link", "set", "lo", "up"]).code) == 0
    }

    /// Makes a network, runs `body` with it, and lets it go.
    package static func with<Result: Sendable>(
        _ body: (PrivateNetwork) async throws -> Result
    ) async throws -> Result {
        let addresses = [ours] + others
        let routes = addresses + ["127.0.0.1", "127.0.0.0/8"]
        let script =
            ["ip link set lo up"] + addresses.map { "ip address add \($0)/32 dev lo" }
            + routes.map { "ip route change table local local \($0) dev lo proto kernel scope host src \(ours)" }
            // Ends with its input, so with the test, however that ends.
            + ["echo ready", "exec cat"]
        let command = ["unshare"] + unshare + ["sh", "-e", "-c", script.joined(separator: "\n")]
        return try await RunningProgram.with(command) { program in
            _ = try await program.line("the network is ready") { $0 == "ready" }
            return try await body(PrivateNetwork(holder: program.pid))
        }
    }

    /// What to put before a command that shall run in this network.
    package var prefix: [String] {
        let target = ["nsenter", "--target", "\(holder)", "--net"]
        return getuid() == 0 ? target : target + ["--user", "--preserve-credentials"]
    }

    /// Runs a command in this network to its end.
    package func runInside(_ command: [String]) async throws -> CommandResult {
        let whole = prefix + command
        return try await run(whole[0], Array(whole.dropFirst()))
    }
}
