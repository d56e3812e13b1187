import BusServices
import BusTransport
import Glibc
import Logging

// What leaves the hub: messages to connections, events to subscribers, news to the supervisor.
extension HubThread {
    /// Sends without ever waiting; what follows when it does not get through is the engine's to decide.
    func send(_ connection: Connection, _ envelope: Envelope, _ body: [UInt8]) -> [HubAction] {
        let socket: ZeroMQSocket
        let routingID: [UInt8]
        switch connection {
        case .process(let id): (socket, routingID) = (processes, id)
        case .control(let id): (socket, routingID) = (control, id)
        case .launcher: return []
        }
        do throws(ZeroMQError) {
            if try socket.send([routingID, envelope.bytes, body]) { return [] }
            switch envelope.kind {
            case .request, .cancel, .notice:
                return engine.undelivered(connection, now: .now)
            case .reply, .progress:
                // The asker reads nothing: what it does not take is lost to it alone, and its deadline tells it.
                return [.note(sender: "the hub", reason: "an answer found no room: its asker reads nothing")]
            }
        } catch {
            return engine.undelivered(connection, now: .now)
        }
    }

    func publish(_ event: SuiteEvent) {
        do throws(BusFault) {
            let body = try EventMessages.encode(event)
            emit(gate.own(event.topic, body, timeMilliseconds: Self.unixMilliseconds))
        } catch {
            note("the launcher", error.message)
        }
    }

    /// Passes on what the processes publish.
    func passEvents() throws(ZeroMQError) {
        for _ in 0..<256 {
            guard let message = try eventsIn.receive() else { return }
            do throws(BusFault) {
                emit(try gate.admit(message, sessions: engine.sessions, timeMilliseconds: Self.unixMilliseconds))
            } catch {
                note("a publisher", error.message)
            }
        }
    }

    /// Echoes the markers by which new subscribers learn that their subscriptions stand.
    func passSubscriptions() throws(ZeroMQError) {
        for _ in 0..<256 {
            guard let frame = try eventsOut.receive()?.parts.first else { return }
            let marker = frame.dropFirst()
            guard frame.first == 1, SubscriptionMarker.matches(marker) else { continue }
            emit([Array(marker)])
        }
    }

    func tell(_ observation: HubObservation) {
        switch observation {
        case .connected(let hello):
            observer?.processConnected(hello)
        case .ready(let process, let endpoints):
            observer?.processReady(process.name, epoch: process.epoch, endpoints: endpoints)
        case .beat(let process, let load):
            observer?.processBeat(process.name, epoch: process.epoch, load: load)
        case .failed(let process, let reason):
            observer?.processFailed(process.name, epoch: process.epoch, reason: reason)
        }
    }

    func note(_ sender: String, _ reason: String) {
        guard notes.spend(.now) else { return }
        logger.warning("message refused", metadata: ["sender": "\(sender)", "reason": "\(reason)"])
    }

    private func emit(_ parts: [[UInt8]]) {
        do throws(ZeroMQError) {
            // An XPUB takes everything; subscribers that are too slow miss some, and see it by the numbers.
            _ = try eventsOut.send(parts)
        } catch {
            note("the hub", error.description)
        }
    }

    private static var unixMilliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
