import Glibc

/// The configuration file with every key at its default, and what each means.
package enum DefaultConfiguration {
    package static var text: String {
        var lines = [
            "# Configuration of the p2p suite. Every key has the default shown here and may be left out.",
            "# A key can be set for one run by its name, --set tracker.http.port=0, or by the environment,",
            "# P2P_TRACKER_HTTP_PORT=0; flags win over the environment, which wins over this file.",
        ]
        var open: [Substring] = []
        for key in SettingKey.all {
            let path = key.name.split(separator: ".")
            let sections = path.dropLast()
            let common = zip(open, sections).prefix { $0 == $1 }.count
            if common == 0 { lines.append("") }
            for depth in common..<sections.count {
                lines.append("\(indent(depth))\(sections[depth]):")
            }
            open = Array(sections)
            lines += key.about.map { "\(indent(sections.count))# \($0)" }
            lines.append("\(indent(sections.count))\(path[sections.count]): \(scalar(key.text(Settings())))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes the file unless there is one.
    ///
    /// - Throws: ``HomeFolderError`` when it cannot be written.
    package static func writeIfMissing(to path: String) throws(HomeFolderError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            guard errno != EEXIST else { return }
            throw .cannotCreate(path, errno: errno)
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            let code = errno
            unlink(path)
            throw .cannotCreate(path, errno: code)
        }
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    /// Quoted when YAML could take it for something else.
    private static func scalar(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        return plain && !text.isEmpty ? text : "\"\(text)\""
    }
}
