import Foundation
import Glibc
import RunningSuite

/// opentracker on a loopback port of its own, for some torrents, beside a test.
enum Opentracker {
    /// Runs it while `body` does, which gets the port of both TCP and UDP.
    static func with<Result: Sendable>(
        tracking infoHashes: [String],
        in scratch: ScratchFolder,
        _ body: @escaping @Sendable (UInt16) async throws -> Result
    ) async throws -> Result {
        let port = try LoopbackPort.free()
        let folder = scratch("opentracker")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Debian's build tracks what is listed. Started by root, it locks itself into the folder as nobody.
        let configuration = """
            listen.tcp_udp 127.0.0.1:\(port)
            access.whitelist listed
            tracker.rootdir \(folder)

            """
        try configuration.write(toFile: folder + "/conf", atomically: true, encoding: .utf8)
        let listed = infoHashes.map { $0 + "\n" }.joined()
        try listed.write(toFile: folder + "/listed", atomically: true, encoding: .utf8)
        return try await running("opentracker", ["-f", "conf"], in: folder) {
            let ready = try await run(
                "curl",
                [
                    "-s", "-o", "/dev/null", "--retry", "30", "--retry-connrefused", "--retry-delay", "1",
                    "http://127.0.0.1:\(port)/",
                ]
            )
            guard ready.code == 0 else { throw SuiteFailure("opentracker does not answer: \(ready.error)") }
            return try await body(port)
        }
    }
}

/// A port below those that the system gives away, free for TCP and UDP.
enum LoopbackPort {
    static func free() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 22_000...28_999)
            if isFree(port, SOCK_STREAM), isFree(port, SOCK_DGRAM) { return port }
        }
        throw SuiteFailure("no free port on 127.0.0.1")
    }

    private static func isFree(_ port: UInt16, _ kind: __socket_type) -> Bool {
        let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
