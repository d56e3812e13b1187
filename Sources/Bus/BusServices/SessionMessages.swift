import BusSchema
package import BusTransport
import FoundationEssentials
import SwiftProtobuf

/// The calls of ``SessionService``, as the envelope names them.
package enum SessionMethod: String, CaseIterable, Sendable {
    case hello = "session.hello"
    case ready = "session.ready"
    case heartbeat = "session.heartbeat"
}

/// How a process makes itself known; the hub reads them on its own thread.
package enum SessionMessages {
    package static func encode(_ hello: SessionHello) throws(BusFault) -> [UInt8] {
        try P2p_V1_HelloRequest.with {
            $0.name = hello.name.description
            $0.pid = UInt32(clamping: hello.pid)
            $0.epoch = hello.epoch
            $0.token = Data(hello.token)
            $0.programVersion = hello.programVersion
        }.body()
    }

    package static func hello(_ body: [UInt8]) throws(BusFault) -> SessionHello {
        let message = try P2p_V1_HelloRequest(body: body)
        return SessionHello(
            name: try Field.processName(message.name),
            pid: try Field.processID(message.pid),
            epoch: message.epoch,
            token: [UInt8](message.token),
            programVersion: message.programVersion
        )
    }

    package static func encode(heartbeatInterval: Duration) throws(BusFault) -> [UInt8] {
        try P2p_V1_HelloReply.with { $0.heartbeatIntervalMs = heartbeatInterval.milliseconds }.body()
    }

    package static func heartbeatInterval(_ body: [UInt8]) throws(BusFault) -> Duration {
        let milliseconds = try P2p_V1_HelloReply(body: body).heartbeatIntervalMs
        guard (10...60_000).contains(milliseconds) else {
            throw BusFault(.invalid, "a heartbeat each \(milliseconds) ms makes no sense")
        }
        return .milliseconds(milliseconds)
    }

    package static func encode(_ endpoints: Endpoints) throws(BusFault) -> [UInt8] {
        try P2p_V1_ReadyNotice.with { $0.endpoints = P2p_V1_Endpoints(endpoints) }.body()
    }

    package static func endpoints(_ body: [UInt8]) throws(BusFault) -> Endpoints {
        try Endpoints(P2p_V1_ReadyNotice(body: body).endpoints)
    }

    package static func encode(load: Int) throws(BusFault) -> [UInt8] {
        try P2p_V1_HeartbeatNotice.with { $0.load = UInt32(clamping: load) }.body()
    }

    package static func load(_ body: [UInt8]) throws(BusFault) -> Int {
        Int(try P2p_V1_HeartbeatNotice(body: body).load)
    }
}
