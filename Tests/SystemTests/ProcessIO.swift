import Foundation
import RunningSuite

/// What the kernel counts for a process.
enum ProcessIO {
    /// Bytes that it read with `read` and `pread`, from the page cache or not (`rchar` of /proc/PID/io).
    static func bytesRead(by pid: Int) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("rchar:") }),
            let bytes = line.split(separator: " ").last.flatMap({ Int($0) })
        else { throw SuiteFailure("/proc/\(pid)/io has no rchar") }
        return bytes
    }
}
