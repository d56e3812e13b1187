package import BusServices
import Glibc
import Logging
import Synchronization

/// Where the log lines of a process go: its file, a terminal, and whoever listens on the bus.
package final class LogSink: Sendable {
    /// Longest line kept, in bytes: one hostile name must not fill a file.
    private static let maximumText = 16 * 1024

    private let file: LogFile?
    private let terminal: Bool
    private let listener = Mutex<(@Sendable (LogLine) -> Void)?>(nil)

    /// `path` is the file, if any; warnings and worse go to stderr as well when that is a terminal.
    ///
    /// - Throws: ``HomeFolderError`` when the file cannot be opened.
    package init(path: String?) throws(HomeFolderError) {
        if let path { file = try LogFile(path) } else { file = nil }
        terminal = isatty(2) == 1
    }

    /// Tells `listener` every line from `info` on, such as to publish it.
    package func listen(_ listener: (@Sendable (LogLine) -> Void)?) {
        self.listener.withLock { $0 = listener }
    }

    func write(level: Logger.Level, label: String, message: String, metadata: [String: String]) {
        let facts = metadata.sorted { $0.key < $1.key }.map { ($0.key, Self.cut($0.value)) }
        let message = Self.cut(message)
        if let file {
            var line: [UInt8] = [UInt8(ascii: "{")]
            JSONText.append("ts", Timestamp.now(), to: &line)
            JSONText.append("level", level.rawValue, to: &line)
            JSONText.append("label", label, to: &line)
            JSONText.append("message", message, to: &line)
            if !facts.isEmpty {
                line += Array(#","metadata":{"#.utf8)
                for (key, value) in facts { JSONText.append(key, value, to: &line) }
                line.append(UInt8(ascii: "}"))
            }
            line += Array("}\n".utf8)
            file.append(line)
        }
        if terminal, level >= .warning {
            let text = facts.map { " \($0)=\($1)" }.joined()
            StandardError.write("\(level.rawValue): \(label): \(message)\(text)")
        }
        // The bus's own lines stay off the bus: one about a full queue would feed the queue.
        guard level >= .info, !label.hasPrefix("bus") else { return }
        let listener = listener.withLock { $0 }
        listener?(
            LogLine(
                level: level.rawValue,
                label: label,
                message: message,
                metadata: Dictionary(facts, uniquingKeysWith: { first, _ in first })
            )
        )
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= maximumText ? text : String(decoding: text.utf8.prefix(maximumText), as: UTF8.self)
    }
}

/// Lines for the person or the program that started this process.
package enum StandardError {
    /// Writes one line; what cannot be written is lost.
    package static func write(_ line: String) {
        // Escape sequences from outside must not reach a terminal.
        let bytes = line.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 } + [UInt8(ascii: "\n")]
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
