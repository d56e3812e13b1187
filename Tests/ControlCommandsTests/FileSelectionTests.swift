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

    @Test func `have a time by which they are wanted`() throws {
        let option = try #require(DeadlineOption(argument: "1,3-5=2m"))
        #expect(option.rules(at: 1000) == [.init(files: 0...0, by: 1120), .init(files: 2...4, by: 1120)])
        #expect(try #require(DeadlineOption(argument: "2=off")).rules(at: 1000) == [.init(files: 1...1, by: nil)])
    }

    @Test(arguments: ["2", "=90s", "2=", "2=soon", "2=-1", "2=1=1", "0=5"])
    func `have no time that makes no sense`(text: String) {
        #expect(DeadlineOption(argument: text) == nil)
    }

    @Test(arguments: [("1", CountLimit.at(1)), ("10000", .at(10_000)), ("node", .node)])
    func `counts are numbers or those of the node`(text: String, limit: CountLimit) {
        #expect(CountOption(argument: text)?.limit == limit)
    }

    @Test(arguments: ["", "0", "10001", "-1", "+1", "off", "1.5"])
    func `counts that make no sense are refused`(text: String) {
        #expect(CountOption(argument: text) == nil)
    }
}
