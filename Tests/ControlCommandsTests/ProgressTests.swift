import Testing

@testable import ControlCommands

@Suite struct `Progress line` {
    private var line: ProgressLine {
        var line = ProgressLine(name: "film.mkv", state: "downloading", done: 1 << 30, total: 2 << 30, rate: 8_388_608)
        line.uploadRate = 210 * 1024
        line.peers = 14
        return line
    }

    @Test func `tells all on a wide terminal`() {
        #expect(
            line.rendered(width: 120)
                == "film.mkv  [===============>              ]  50 %  1.0/2.0 GiB  8.0 MiB/s  ETA 2:08  "
                + "↑ 210 KiB/s  14 peers"
        )
    }

    @Test(arguments: [20, 40, 60, 80, 100, 200])
    func `never passes the edge`(width: Int) {
        var line = line
        line.name = String(repeating: "日本", count: 40)
        #expect(DisplayText.width(line.rendered(width: width)) <= width)
    }

    @Test func `says nothing about time when nothing moves`() {
        let line = ProgressLine(name: "a", state: "queued", done: 0, total: 10)
        #expect(line.plain == "a: queued  0 %  0/10 B")
    }
}

@Suite struct `Progress display` {
    private func console(_ errors: Output) -> Console {
        Console(
            output: Output(),
            errors: errors,
            isOutputTerminal: true,
            isErrorTerminal: true,
            environment: [:],
            columns: { 80 }
        )
    }

    private func line(_ done: Int, _ state: String = "downloading") -> ProgressLine {
        ProgressLine(name: "a", state: state, done: done, total: 100)
    }

    @Test func `redraws at most twenty times a second`() {
        let errors = Output()
        let display = ProgressDisplay(console: console(errors), mode: .bar)
        let start = ContinuousClock.now
        for step in 0..<1000 { display.update(line(step / 10), now: start + .milliseconds(step)) }
        #expect(errors.text.split(separator: "\r").count <= 21)
    }

    @Test func `hides the cursor and gives it back`() {
        let errors = Output()
        let display = ProgressDisplay(console: console(errors), mode: .bar)
        display.update(line(1))
        display.finish()
        display.finish()
        #expect(errors.text.hasPrefix("\u{1b}[?25l"))
        #expect(errors.text.hasSuffix("\r\u{1b}[K\u{1b}[?25h"))
        #expect(errors.text.split(separator: "\u{1b}[?25h").count == 1)
    }

    @Test func `writes plain lines each ten seconds and when the state changes`() {
        let errors = Output()
        let display = ProgressDisplay(console: console(errors), mode: .plain)
        let start = ContinuousClock.now
        for second in 0...20 { display.update(line(second), now: start + .seconds(second)) }
        display.update(line(21, "seeding"), now: start + .seconds(21))
        #expect(
            errors.text.split(separator: "\n").map { $0.split(separator: "  ").dropLast().joined(separator: "  ") } == [
                "a: downloading  0 %", "a: downloading  10 %", "a: downloading  20 %", "a: seeding  21 %",
            ]
        )
    }

    @Test func `shows the last plain line at its end`() {
        let errors = Output()
        let display = ProgressDisplay(console: console(errors), mode: .plain)
        let start = ContinuousClock.now
        for step in 0...100 { display.update(line(step), now: start + .milliseconds(step)) }
        display.finish()
        #expect(
            errors.text.split(separator: "\n").map { $0.prefix(22) } == [
                "a: downloading  0 %  0", "a: downloading  100 % ",
            ]
        )
    }

    @Test func `is silent when hidden`() {
        let errors = Output()
        let display = ProgressDisplay(console: console(errors), mode: .hidden)
        display.update(line(1))
        display.finish()
        #expect(errors.text.isEmpty)
    }
}
