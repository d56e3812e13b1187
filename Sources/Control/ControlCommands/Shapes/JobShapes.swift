import BitTorrentTypes
import BusServices

// What scripts and people see of hash tasks.

extension HashTaskStatus {
    /// 0…1.
    var progress: Double { bytesTotal > 0 ? Double(bytesDone) / Double(bytesTotal) : 0 }

    var shownName: String { DisplayText.escaped(name) }

    var json: JSONValue {
        let start: JSONValue = ["job": .integer(Int(clamping: number)), "kind": .text(kind.rawValue)]
        return start.adding(.name("name", name)).adding([
            "state": .text(state.rawValue),
            "progress": .number(progress),
            "bytes_done": .integer(bytesDone),
            "bytes_total": .integer(bytesTotal),
            "rate": .number(rate),
            "eta_s": .optional(etaSeconds.map { HumanUnits.whole($0.rounded(.up)) }),
            "seconds": .number(seconds),
            "workers": .array(workers.map { .text($0) }),
            "requester": .text(requester),
            "info_hash": .optional(infoHash?.hex),
            "problem": .text(problem),
        ])
    }

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
