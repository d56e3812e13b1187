import Testing

@testable import ControlCommands

@Suite struct `Text table` {
    @Test func `stands in columns, numbers under their last digit`() {
        var table = TextTable(.text("NAME"), .number("SIZE"), .text("STATE"))
        table.add("film.mkv", "64 MiB", "seeding")
        table.add("日本", "7 B", "")
        #expect(
            table.lines(width: nil) == [
                "NAME        SIZE  STATE",
                "film.mkv  64 MiB  seeding",
                "日本         7 B",
            ]
        )
    }

    @Test func `takes room from the first column on a narrow terminal`() {
        var table = TextTable(.text("NAME"), .number("SIZE"))
        table.add(String(repeating: "n", count: 40), "1 B")
        #expect(table.lines(width: 30).map { DisplayText.width($0) }.max() == 30)
        #expect(table.lines(width: 30)[1].contains("…  "))
    }

    @Test func `leaves out what matters least before the first column is too narrow`() {
        var table = TextTable(
            .text("NAME"),
            .number("SIZE").droppable(1),
            .number("RATE"),
            .text("NODE").droppable(2)
        )
        table.add(String(repeating: "n", count: 40), "1 MiB", "1 MiB/s", "peer-node/1")
        #expect(table.lines(width: 80)[0].split(separator: " ") == ["NAME", "SIZE", "RATE", "NODE"])
        #expect(table.lines(width: 42)[0].split(separator: " ") == ["NAME", "SIZE", "RATE", "NODE"])
        #expect(table.lines(width: 36)[0].split(separator: " ") == ["NAME", "SIZE", "RATE"])
        #expect(table.lines(width: 24)[0].split(separator: " ") == ["NAME", "RATE"])
        for width in [80, 42, 36, 24] {
            #expect(table.lines(width: width).allSatisfy { DisplayText.width($0) <= width })
        }
    }

    @Test func `escapes its cells`() {
        var table = TextTable(.text("NAME"))
        table.add("a\u{1b}[0mb")
        #expect(table.lines(width: nil)[1] == "a\\u{1b}[0mb")
    }
}
