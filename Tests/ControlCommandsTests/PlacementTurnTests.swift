import Foundation
import ProcessRuntime
import Synchronization
import Testing

@testable import ControlCommands

/// Knows how many were in it at the same time.
private final class Room: Sendable {
    private let count = Mutex((now: 0, most: 0))

    var most: Int { count.withLock { $0.most } }

    func enter() { count.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { count.withLock { $0.now -= 1 } }
}

@Suite struct `Placement turn` {
    @Test func `lets one command at a time look and add`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/run", withIntermediateDirectories: true)
        let home = try HomeFolder.resolve(flag: folder.path, environment: [:])
        let room = Room()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await PlacementTurn.with(home) {
                        room.enter()
                        for _ in 0..<10 { await Task.yield() }
                        room.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(room.most == 1)
    }

    @Test func `ends with its holder, also when that fails`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/run", withIntermediateDirectories: true)
        let home = try HomeFolder.resolve(flag: folder.path, environment: [:])
        await #expect(throws: CommandFailure.self) {
            try await PlacementTurn.with(home) { throw CommandFailure("no") }
        }
        #expect(try await PlacementTurn.with(home) { 7 } == 7)
    }
}
