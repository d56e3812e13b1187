import BitTorrentTypes
import Testing

@testable import ControlCommands

@Suite struct `Files by their numbers` {
    @Test func `are numbers and ranges`() {
        #expect(FileSelection(argument: "1,3-5")?.ranges == [1...1, 3...5])
    }

    @Test(arguments: ["", "0", "a", "1,", "5-3", "1-", "-1", "1-2-3", "99999999999999999999", "1 2"])
    func `that make no sense are refused`(text: String) {
        #expect(FileSelection(argument: text) == nil)
    }

    @Test func `leave out all others`() throws {
        let rules = try #require(FileSelection(argument: "2")).onlyThese(of: 3)
        var change = TorrentChange()
        change.files = rules
        #expect(try TorrentOptions().making(change, fileCount: 3).priorities == [.skip, .normal, .skip])
    }

    @Test func `beyond the last are refused with the number of files`() throws {
        let selection = try #require(FileSelection(argument: "1,4"))
        #expect { try selection.onlyThese(of: 3) } throws: { "\($0)".contains("no file 4; the torrent has 3 files") }
    }

    @Test(arguments: [("90m", 5400), ("7d", 604_800), ("45", 45), ("1.5h", 5400)])
    func `times have units`(text: String, seconds: Double) {
        #expect(TimeOption.seconds(text) == seconds)
        #expect(TimeOption.seconds("-" + text) == nil)
    }
}
