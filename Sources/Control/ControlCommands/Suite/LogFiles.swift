import Foundation
import ProcessRuntime
import ServiceShapes

/// The lines of the log files of a home.
enum LogFiles {
    /// One line: one JSON object, with the process whose file it is in.
    struct Line: Sendable {
        let process: String
        /// As written, ISO 8601: sorts by time.
        let time: String
        let level: String
        let message: String
        let facts: [(key: String, value: String)]
    }

    /// Bytes of one file that are read, from its end.
    private static let window = 4 << 20
    private static let suffix = Array(".log".utf8)

    /// The last lines of all processes, or of one, by time.
    static func lines(of process: String?, in home: HomeFolder, last count: Int) throws(CommandFailure) -> [Line] {
        let folder = BytePath(home.log)
        guard FileStamp(of: folder, followingLinks: true) != nil else {
            throw CommandFailure(.notFound, "there are no logs at \(home.shown); start the suite with: p2pctl up")
        }
        let wanted = process.map { Array(fileName($0).utf8) }
        var lines: [Line] = []
        for name in try FolderListing.names(in: folder) where name.suffix(suffix.count).elementsEqual(suffix) {
            let stem = Array(name.dropLast(suffix.count))
            if let wanted, stem != wanted { continue }
            let bytes = try InputFile.readEnd(folder.appending(name), limit: window)
            let processName = processName(String(decoding: stem, as: UTF8.self))
            lines += bytes.split(separator: UInt8(ascii: "\n")).compactMap { line($0, of: processName) }
        }
        let sorted = lines.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        return sorted.suffix(count).map(\.element)
    }

    /// `peer-node-2` for `peer-node/2`, and back.
    private static func fileName(_ process: String) -> String {
        process.replacing("/", with: "-")
    }

    private static func processName(_ stem: String) -> String {
        guard let dash = stem.lastIndex(of: "-"), Int(stem[stem.index(after: dash)...]) != nil else { return stem }
        return stem[..<dash] + "/" + stem[stem.index(after: dash)...]
    }

    /// A line that is no JSON object, such as half of one after a crash, is left out.
    private static func line(_ bytes: ArraySlice<UInt8>, of process: String) -> Line? {
        let object: Any
        do {
            object = try JSONSerialization.jsonObject(with: Data(bytes))
        } catch {
            return nil
        }
        guard let fields = object as? [String: Any], let time = fields["ts"] as? String,
            let message = fields["message"] as? String
        else { return nil }
        let metadata = fields["metadata"] as? [String: Any] ?? [:]
        return Line(
            process: process,
            time: time,
            level: fields["level"] as? String ?? "",
            message: message,
            facts: metadata.map { ($0.key, "\($0.value)") }.sorted { $0.key < $1.key }
        )
    }
}

extension LogFiles.Line {
    var text: String {
        let facts = facts.map { " \($0.key)=\($0.value)" }.joined()
        return DisplayText.escaped("\(time)  \(DisplayText.padded(process, to: 15))  \(level)  \(message)\(facts)")
    }

    var json: JSONValue {
        [
            "topic": "log",
            "source": .text(process),
            "time": .text(time),
            "level": .text(level),
            "message": .text(message),
            "metadata": .object(facts.map { JSONValue.Field(key: $0.key, value: .text($0.value)) }),
        ]
    }
}
