import BitTorrentTypes
import BusServices

// What scripts and people see of hash tasks.

extension HashTaskStatus {
    var json: JSONValue {
        [
            "job": .integer(Int(clamping: number)),
            "kind": .text(kind.rawValue),
            "name": .text(String(decoding: name, as: UTF8.self)),
            "info_hash": .optional(infoHash?.hex),
            "requester": .text(requester),
            "state": .text(state.rawValue),
            "problem": .text(problem),
            "bytes_total": .integer(bytesTotal),
            "bytes_done": .integer(bytesDone),
            "rate": .number(rate),
            "eta_s": etaSeconds.map(JSONValue.number) ?? .null,
            "seconds": .number(seconds),
            "workers": .array(workers.map { .text($0) }),
        ]
    }
}
