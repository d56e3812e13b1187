import CDoorSockets
import Glibc

/// Announces over HTTP from some connections, kept or new for each.
struct HTTPLoad: Sendable {
    private struct Connection {
        var descriptor: Int32 = -1
        var sentAt: UInt64 = 0
        var isBusy = false
    }

    private let load: Load
    private let hashes: [String]

    init(_ load: Load) {
        self.load = load
        hashes = (0..<load.torrents).map { number in
            torrentBytes(number).map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "%0" + digits : "%" + digits
            }.joined()
        }
    }

    /// Announces of random peers for some seconds, from all threads.
    static func run(_ load: Load) async -> Outcome {
        let whole = HTTPLoad(load)
        return await withTaskGroup(of: Outcome.self) { group in
            for thread in 0..<load.threads { group.addTask { whole.run(seed: load.seed + thread) } }
            return await group.reduce(into: Outcome()) { $0.add($1) }
        }
    }

    private func run(seed: Int) -> Outcome {
        let poll = door_poll_create()
        var dice = Dice(seed)
        var outcome = Outcome()
        var ready = [door_ready](repeating: door_ready(), count: 256)
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var connections = [Connection](repeating: Connection(), count: load.flight)
        let begun = clockNow()
        let end = begun + UInt64(load.seconds) * 1_000_000_000
        while clockNow() < end {
            let now = clockNow()
            for slot in connections.indices where !connections[slot].isBusy {
                if load.rate > 0, Double(outcome.asked) > Double(now - begun) * Double(load.rate) / 1e9 { break }
                ask(&connections[slot], slot, poll, &dice)
                outcome.asked += 1
            }
            let count = Int(door_poll_wait(poll, &ready, 256, load.rate > 0 ? 0 : 100))
            for event in ready.prefix(max(0, count)) {
                let slot = Int(event.token)
                guard connections[slot].isBusy else { continue }
                let received = recv(connections[slot].descriptor, &buffer, buffer.count, 0)
                if received < 0, errno == EAGAIN { continue }
                if received > 0 {
                    outcome.answers += 1
                    outcome.bytes += received
                    outcome.waits.append(UInt32(clamping: clockNow() - connections[slot].sentAt))
                }
                connections[slot].isBusy = false
                if load.keep == 0 || received <= 0 {
                    close(connections[slot].descriptor)
                    connections[slot].descriptor = -1
                }
            }
        }
        outcome.seconds = Double(clockNow() - begun) / 1e9
        return outcome
    }

    private func ask(_ connection: inout Connection, _ slot: Int, _ poll: Int32, _ dice: inout Dice) {
        connection.sentAt = clockNow()
        if connection.descriptor < 0 {
            connection.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            // Closed with a reset, so that a million ports are not kept waiting.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                connection.descriptor,
                SOL_SOCKET,
                SO_LINGER,
                &linger,
                socklen_t(MemoryLayout.size(ofValue: linger))
            )
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = UInt16(load.port).bigEndian
            place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let code = withUnsafePointer(to: &place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(connection.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if code != 0 { Main.fail("no tracker answers at TCP port \(load.port)") }
            _ = fcntl(connection.descriptor, F_SETFL, O_NONBLOCK)
            _ = door_poll_add(poll, connection.descriptor, UInt64(slot), UInt32(DOOR_READABLE))
        }
        let random = dice.next()
        let id = String(random % 1_000_000_000_000)
        let query =
            "info_hash=\(hashes[dice.below(load.torrents)])&peer_id=-BE0001-\(String(repeating: "0", count: 12 - id.count))\(id)"
            + "&port=\(1 + dice.below(65_535))&uploaded=0&downloaded=0&left=\(random & 3)&compact=1&numwant=\(load.numwant)"
        let request =
            "GET /announce?\(query) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(load.keep == 0 ? "Connection: close\r\n" : "")\r\n"
        var text = request
        text.withUTF8 { _ = send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        connection.isBusy = true
    }
}
