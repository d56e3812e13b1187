import Foundation

@testable import ControlCommands

/// One run of p2pctl with what it wrote, in this process.
struct Recording {
    let status: ExitStatus
    let output: String
    let errors: String

    /// Runs `p2pctl` with `arguments`, away from any terminal and any suite of the machine.
    static func p2pctl(_ arguments: String..., environment: [String: String] = [:]) async -> Recording {
        await p2pctl(arguments: arguments, environment: environment)
    }

    static func p2pctl(arguments: [String], environment: [String: String] = [:]) async -> Recording {
        let output = Output()
        let errors = Output()
        let console = Console(
            output: output,
            errors: errors,
            isOutputTerminal: false,
            isErrorTerminal: false,
            environment: ["HOME": "/nowhere"].merging(environment) { $1 },
            columns: { nil }
        )
        let status = await Console.$current.withValue(console) { await Program.run(arguments) }
        return Recording(status: status, output: output.text, errors: errors.text)
    }

    /// The JSON object of a single line.
    var json: [String: Any] {
        get throws {
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return object as? [String: Any] ?? [:]
        }
    }
}

/// A folder that lives as long as the test that made it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "p2pctl-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left behind: \(path): \(error)")
        }
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// A tree that every tool orders alike: lower case, nothing hidden, nothing empty.
    func writeTree(_ name: String) throws -> String {
        try write("\(name)/b.txt", Array("hello".utf8))
        try write("\(name)/b/x.bin", Array(repeating: 7, count: 700_000))
        try write("\(name)/b-c/y.bin", Array(repeating: 9, count: 300_001))
        try write("\(name)/c", [1])
        return "\(path)/\(name)"
    }
}
