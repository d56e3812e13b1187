import ArgumentParser
import Testing

@testable import ControlCommands

@Suite struct `Names of the commands` {
    /// The parser would work out a missing name by reflection, for all commands at each start: a third of its time.
    @Test func `stand in every command`() {
        var waiting: [any ParsableCommand.Type] = [P2PCtl.self]
        var count = 0
        while let command = waiting.popLast() {
            #expect(command.configuration.commandName != nil, "\(command)")
            waiting += command.configuration.subcommands
            count += 1
        }
        #expect(count > 30)
    }
}
