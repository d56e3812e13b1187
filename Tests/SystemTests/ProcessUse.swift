import Foundation
import RunningSuite

/// What a process uses, as the kernel counts it.
enum ProcessUse {
    /// The most memory that it had in RAM at once since ``forgetPeak(of:)`` or its start, in bytes.
    static func peakMemory(of pid: Int32) throws -> Int { try status("VmHWM:", of: pid) }

    /// The memory that it has in RAM now, in bytes.
    static func memory(of pid: Int32) throws -> Int { try status("VmRSS:", of: pid) }

    private static func status(_ name: String, of pid: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { throw SuiteFailure("/proc/\(pid)/status has no \(name)") }
        return kibibytes << 10
    }

    /// The peak begins anew at what there is now.
    static func forgetPeak(of pid: Int32) throws {
        try Data("5".utf8).write(to: URL(filePath: "/proc/\(pid)/clear_refs"))
    }

    /// The share of one core that a process takes while `body` runs.
    static func share(of pid: Int32, while body: () async throws -> Void) async throws -> Double {
        let (start, before) = (ContinuousClock.now, try seconds(of: pid))
        try await body()
        let passed = ContinuousClock.now - start
        return (try seconds(of: pid) - before) / (passed / .seconds(1))
    }

    /// Seconds of CPU that it has had, from /proc/PID/stat.
    private static func seconds(of pid: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw SuiteFailure("/proc/\(pid)/stat is not as it was")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
