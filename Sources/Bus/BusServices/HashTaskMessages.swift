import BitTorrentTypes
import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// The calls of ``HashTasksService``, as the envelope names them.
package enum HashTasksMethod: String, CaseIterable, Sendable {
    case tasks = "hashing.tasks"
    case cancel = "hashing.cancel"
}

/// How hash tasks are told about; the hub writes and reads them on its own thread.
package enum HashTaskMessages {
    package static func encode(_ tasks: [HashTaskStatus]) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashTasksReply.with { $0.tasks = tasks.map(P2p_V1_HashTaskInfo.init) }.body()
    }

    package static func tasks(_ body: [UInt8]) throws(BusFault) -> [HashTaskStatus] {
        try P2p_V1_HashTasksReply(body: body).tasks.map(HashTaskStatus.init)
    }

    package static func encode(cancel number: UInt64) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashCancelRequest.with { $0.number = number }.body()
    }

    package static func number(_ body: [UInt8]) throws(BusFault) -> UInt64 {
        try P2p_V1_HashCancelRequest(body: body).number
    }

    package static func encode(cancelled task: HashTaskStatus) throws(BusFault) -> [UInt8] {
        try P2p_V1_HashCancelReply.with { $0.task = P2p_V1_HashTaskInfo(task) }.body()
    }

    package static func cancelled(_ body: [UInt8]) throws(BusFault) -> HashTaskStatus {
        try HashTaskStatus(P2p_V1_HashCancelReply(body: body).task)
    }
}

extension HashTaskStatus {
    init(_ message: P2p_V1_HashTaskInfo) throws(BusFault) {
        guard let kind = HashTask.Kind(rawValue: message.kind), let state = State(rawValue: message.state) else {
            throw BusFault(
                .invalid,
                "unknown kind or state of a task: \"\(message.kind.prefix(64))\", \"\(message.state.prefix(64))\""
            )
        }
        self.init(
            number: message.number,
            kind: kind,
            name: [UInt8](message.name),
            infoHash: message.infoHash.isEmpty ? nil : try Field.infoHash(message.infoHash),
            requester: message.requester,
            state: state,
            bytesTotal: try Field.size(message.bytesTotal, "bytes_total")
        )
        problem = message.problem
        bytesDone = try Field.size(message.bytesDone, "bytes_done")
        rate = try Field.amount(message.rate, "rate")
        seconds = try Field.amount(message.seconds, "seconds")
        workers = message.workers
    }
}

extension P2p_V1_HashTaskInfo {
    init(_ task: HashTaskStatus) {
        self.init()
        number = task.number
        kind = task.kind.rawValue
        name = Data(task.name)
        infoHash = Data(task.infoHash?.bytes ?? [])
        requester = task.requester
        state = task.state.rawValue
        problem = task.problem
        bytesTotal = UInt64(clamping: task.bytesTotal)
        bytesDone = UInt64(clamping: task.bytesDone)
        rate = task.rate
        seconds = task.seconds
        workers = task.workers
    }
}
