import Testing

@testable import ControlCommands

@Suite struct `Text on a terminal` {
    @Test(arguments: [
        ("plain.txt", "plain.txt"),
        ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
        ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
        ("photo\u{202e}gpj.exe", "photo\\u{202e}gpj.exe"),
        ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
        ("\u{9b}31m", "\\u{9b}31m"),
        ("naïve 日本 😀", "naïve 日本 😀"),
        ("👩‍👧 می‌روم", "👩‍👧 می‌روم"),
    ])
    func `has its control and direction characters escaped`(text: String, shown: String) {
        #expect(DisplayText.escaped(text) == shown)
    }

    @Test func `shows the bytes that are not UTF-8`() {
        #expect(DisplayText.escaped([0x61, 0xFF, 0x62]) == "a\\xffb")
    }

    @Test(arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("", 0), ("😀", 2)])
    func `is measured in columns`(text: String, columns: Int) {
        #expect(DisplayText.width(text) == columns)
    }

    @Test(arguments: [("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("日本語", 4, "日…"), ("abc", 0, ""), ("ab", 1, "…")])
    func `is cut by columns`(text: String, columns: Int, cut: String) {
        #expect(DisplayText.truncated(text, to: columns) == cut)
    }
}

@Suite struct `Human units` {
    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (262_144, "256 KiB"),
        (1_048_575, "1.0 MiB"),
        (64 << 20, "64.0 MiB"), (3_000_000, "2.9 MiB"), (.max, "8.0 EiB"),
    ])
    func `name sizes`(bytes: Int, text: String) {
        #expect(HumanUnits.bytes(bytes) == text)
    }

    @Test(arguments: [(0.4, "0:00"), (95, "1:35"), (7390, "2:03:10"), (273_600, "3d 4h"), (Double.infinity, "0:00")])
    func `name times`(seconds: Double, text: String) {
        #expect(HumanUnits.duration(seconds: seconds) == text)
    }

    @Test func `never say all before all is there`() {
        #expect(HumanUnits.percent(0.9999) == "99 %")
        #expect(HumanUnits.percent(1) == "100 %")
        #expect(HumanUnits.percent(.nan) == "0 %")
    }

    @Test func `name what is done in the unit of the whole`() {
        #expect(HumanUnits.progress(1 << 30, of: 2 << 30) == "1.0/2.0 GiB")
        #expect(HumanUnits.progress(512, of: 2 << 30) == "512 B/2.0 GiB")
    }

    @Test func `name moments`() {
        #expect(Timestamp.text(unixSeconds: 0) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.text(unixMilliseconds: 1_000_000_000_007) == "2001-09-09T01:46:40.007Z")
    }
}
