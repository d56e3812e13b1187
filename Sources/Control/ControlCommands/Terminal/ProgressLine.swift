import ServiceShapes

/// How far one transfer is, on one line.
///
///     film.mkv  [=====>    ]  62 %  1.2/2.0 GiB  8.4 MiB/s  ETA 1:35  ↑ 210 KiB/s  14 peers
struct ProgressLine: Hashable, Sendable {
    /// As it came from outside; escaped when rendered.
    var name: String
    /// What is being done: a state's name; a change of it is worth a plain line.
    var state: String
    /// Bytes.
    var done: Int
    /// Bytes.
    var total: Int
    /// Bytes a second.
    var rate: Double
    var uploadRate: Double?
    var peers: Int?

    init(name: String, state: String, done: Int, total: Int, rate: Double = 0) {
        self.name = name
        self.state = state
        self.done = done
        self.total = total
        self.rate = rate
    }

    var fraction: Double { total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0 }

    /// Seconds to go, when the rate tells.
    var secondsLeft: Double? {
        rate >= 1 && done < total ? Double(total - done) / rate : nil
    }

    /// The line for a terminal of `width` columns: first the bar shrinks, then the name, then the end is cut.
    func rendered(width: Int) -> String {
        let numbers = figures.joined(separator: "  ")
        let escaped = DisplayText.escaped(name)
        let room = width - DisplayText.width(numbers) - 4
        let name = DisplayText.truncated(escaped, to: max(8, min(DisplayText.width(escaped), room - 14)))
        let barRoom = min(30, room - DisplayText.width(name) - 2)
        let bar = barRoom >= 5 ? "  [\(bar(columns: barRoom))]" : ""
        return DisplayText.truncated("\(name)\(bar)  \(numbers)", to: width)
    }

    /// The line for a log.
    var plain: String {
        "\(DisplayText.escaped(name)): \(state)  " + figures.joined(separator: "  ")
    }

    private var figures: [String] {
        var figures = [HumanUnits.percent(fraction), HumanUnits.progress(done, of: total)]
        if rate >= 1 { figures.append(HumanUnits.rate(rate)) }
        if let secondsLeft { figures.append("ETA " + HumanUnits.duration(seconds: secondsLeft)) }
        if let uploadRate, uploadRate >= 1 { figures.append("↑ " + HumanUnits.rate(uploadRate)) }
        if let peers { figures.append(peers == 1 ? "1 peer" : "\(peers) peers") }
        return figures
    }

    private func bar(columns: Int) -> String {
        let filled = Int(fraction * Double(columns))
        guard filled < columns else { return String(repeating: "=", count: columns) }
        return String(repeating: "=", count: filled) + ">" + String(repeating: " ", count: columns - filled - 1)
    }
}
