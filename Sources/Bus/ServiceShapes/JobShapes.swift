import BitTorrentTypes
package import BusServices

// What scripts see of hash tasks.

extension HashTaskStatus {
    /// 0…1.
    package var progress: Double { bytesTotal > 0 ? Double(bytesDone) / Double(bytesTotal) : 0 }

    package var json: JSONValue {
        let start: JSONValue = ["job": .integer(Int(clamping: number)), "kind": .text(kind.rawValue)]
        return start.adding(.name("name", name)).adding([
            "state": .text(state.rawValue),
            "progress": .number(progress),
            "bytes_done": .integer(bytesDone),
            "bytes_total": .integer(bytesTotal),
            "rate": .number(rate),
            "eta_s": .optional(etaSeconds.map { Int(min($0.rounded(.up), 9e18)) }),
            "seconds": .number(seconds),
            "workers": .array(workers.map { .text($0) }),
            "requester": .text(requester),
            "info_hash": .optional(infoHash?.hex),
            "problem": .text(problem),
        ])
    }
}
