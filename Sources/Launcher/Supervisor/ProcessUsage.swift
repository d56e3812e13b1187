import Glibc

/// What a process has used, as the kernel counts it.
struct ProcessUsage: Hashable, Sendable {
    let cpuSeconds: Double
    let residentBytes: Int

    /// `nil` when there is no such process.
    init?(pid: Int32) {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        self.init(stat: bytes[..<count])
    }

    /// Reads `/proc/<pid>/stat`: after the name in parentheses, which may hold anything, fields stand between spaces.
    init?(stat bytes: ArraySlice<UInt8>) {
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        func field(_ number: Int) -> Int? {
            // Counted as in proc(5), where the state after the name is field 3.
            fields.indices.contains(number - 3) ? Int(String(decoding: fields[number - 3], as: UTF8.self)) : nil
        }
        guard let user = field(14), let system = field(15), let pages = field(24) else { return nil }
        cpuSeconds = Double(user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        residentBytes = pages * max(1, sysconf(Int32(_SC_PAGESIZE)))
    }
}
