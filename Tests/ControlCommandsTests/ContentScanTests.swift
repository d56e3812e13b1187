import Foundation
import Glibc
import Testing

@testable import ControlCommands

@Suite struct `Content scan` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ paths: String...) throws {
        for path in paths {
            let url = URL(fileURLWithPath: "\(folder.path)/tree/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data("x".utf8).write(to: url)
        }
    }

    @Test func `meets files in the byte order of their paths`() throws {
        let paths = ["a-/x", "a.txt", "a/b", "a/b.c/d", "a/b0", "a0", "ab", "b/é", "b/\u{1F600}", "c"]
        for path in paths.shuffled() { try write(path) }
        let scan = try ContentScan(of: "\(folder.path)/tree")
        #expect(
            scan.files.map { $0.components.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") } == paths
        )
        #expect(scan.files.allSatisfy { scan.directory.appending(scan.name).appending($0.components) == $0.path })
    }

    @Test(arguments: ["rm a/two", "touch -d 2001-01-01 b/three", "mv a c", "ln -sf one a/two", "rm one; mkdir one"])
    func `notices what is not as it was`(change: String) throws {
        try write("a/one", "a/two", "b/three", "one")
        let scan = try ContentScan(of: "\(folder.path)/tree")
        try scan.checkUnchanged()
        #expect(system("cd \(folder.path)/tree && \(change)") == 0)
        #expect(throws: CommandFailure.self) { try scan.checkUnchanged() }
    }
}
