import BusServices
import ServiceShapes

// What people see of hash tasks.

extension HashTaskStatus {
    var shownName: String { DisplayText.escaped(name) }

    /// As an event shows it.
    var line: String {
        var facts = ["job \(number) \(kind.rawValue) \(shownName): \(state.rawValue)"]
        facts.append("\(HumanUnits.percent(progress)) of \(HumanUnits.bytes(bytesTotal))")
        if rate >= 1 { facts.append(HumanUnits.rate(rate)) }
        if let etaSeconds { facts.append("ETA " + HumanUnits.duration(seconds: etaSeconds)) }
        if !problem.isEmpty { facts.append(DisplayText.escaped(problem)) }
        return facts.joined(separator: ", ")
    }

    static func table(_ tasks: [HashTaskStatus]) -> TextTable {
        var table = TextTable(
            .text("NAME"),
            .number("JOB"),
            .text("KIND"),
            .text("STATE"),
            .number("DONE"),
            .number("SIZE"),
            .number("RATE"),
            .number("ETA"),
            .text("WORKERS"),
            .text("FOR")
        )
        for task in tasks {
            table.add(
                String(decoding: task.name, as: UTF8.self),
                String(task.number),
                task.kind.rawValue,
                task.state.rawValue,
                HumanUnits.percent(task.progress),
                HumanUnits.bytes(task.bytesTotal),
                task.rate >= 1 ? HumanUnits.rate(task.rate) : "",
                task.etaSeconds.map { HumanUnits.duration(seconds: $0) } ?? "",
                task.workers.joined(separator: " "),
                task.requester
            )
        }
        return table
    }
}
