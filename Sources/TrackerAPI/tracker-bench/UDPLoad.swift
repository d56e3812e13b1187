import CDoorSockets
import Glibc

/// Announces over UDP from one socket.
struct UDPLoad {
    private static let batchSize = 64
    private let load: Load
    private let tracker: door_address
    private let socket: Int32
    private let batch: OpaquePointer
    private let hashes: [UInt8]
    private var connection: UInt64 = 0

    init(_ load: Load) {
        self.load = load
        var own = door_address()
        own.four = 0x7F00_0001
        var tracker = own
        tracker.port = UInt16(truncatingIfNeeded: load.port)
        self.tracker = tracker
        socket = door_bind(&own, 8 << 20, 0)
        batch = door_batch_create(Int32(Self.batchSize), 4_096, 256)
        hashes = (0..<load.torrents).flatMap(torrentBytes)
    }

    /// Announces of random peers for some seconds.
    mutating func run() -> Outcome {
        connect()
        var dice = Dice(load.seed)
        var outcome = Outcome()
        var sentAt = [UInt64](repeating: 0, count: 1 << 16)
        var number: UInt32 = 0
        let begun = clockNow()
        let end = begun + UInt64(load.seconds) * 1_000_000_000
        var flying = 0
        var lastAnswer = begun
        var noise = Noise(load, tracker)
        while true {
            let now = clockNow()
            guard now < end else { break }
            noise.send(at: now - begun)
            // Lost questions are asked anew, so that the flight does not run dry.
            if flying > 0, now - lastAnswer > 200_000_000 { (flying, lastAnswer) = (0, now) }
            let due =
                load.rate == 0
                ? load.flight - flying : Int(Double(now - begun) * Double(load.rate) / 1e9) - outcome.asked
            let count = min(max(0, due), Self.batchSize)
            if count > 0 {
                for slot in 0..<count {
                    number &+= 1
                    sentAt[Int(number & 0xFFFF)] = now
                    write(slot, number, torrent: dice.below(load.torrents), port: 1 + dice.below(65_535), dice.next())
                }
                door_batch_send(batch, socket, Int32(count))
                outcome.asked += count
                flying += count
            }
            let received = Int(door_batch_receive(batch, socket))
            guard received > 0, let datagrams = door_batch_datagrams(batch) else { continue }
            let then = clockNow()
            lastAnswer = then
            for slot in 0..<received {
                let datagram = datagrams[slot]
                guard datagram.length >= 20, datagram.bytes[3] == 1 else { continue }
                let transaction = UnsafeRawPointer(datagram.bytes).loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                    .bigEndian
                outcome.waits.append(UInt32(clamping: then - sentAt[Int(transaction & 0xFFFF)]))
                outcome.answers += 1
                outcome.bytes += Int(datagram.length)
                flying = max(0, flying - 1)
            }
        }
        outcome.seconds = Double(clockNow() - begun) / 1e9
        return outcome
    }

    /// Every peer once, until each was answered: `peers / torrents` ports for every torrent.
    mutating func fill() -> Outcome {
        connect()
        var dice = Dice(load.seed)
        var outcome = Outcome()
        let begun = clockNow()
        var next = 0
        while next < load.peers {
            let count = min(Self.batchSize, load.peers - next)
            var missing = Set(next..<next + count)
            while !missing.isEmpty {
                for (slot, peer) in missing.sorted().enumerated() {
                    write(
                        slot,
                        UInt32(peer),
                        torrent: peer % load.torrents,
                        port: 1 + peer / load.torrents,
                        UInt64(peer) &* 0x9E37_79B9_7F4A_7C15
                    )
                }
                door_batch_send(batch, socket, Int32(missing.count))
                outcome.asked += missing.count
                let patience = clockNow() + 100_000_000
                while !missing.isEmpty, clockNow() < patience {
                    let received = Int(door_batch_receive(batch, socket))
                    guard received > 0, let datagrams = door_batch_datagrams(batch) else { continue }
                    for slot in 0..<received {
                        guard let answer = UnsafeRawPointer(datagrams[slot].bytes) else { continue }
                        if missing.remove(Int(answer.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian))
                            != nil
                        {
                            outcome.answers += 1
                        }
                    }
                }
                if !missing.isEmpty { connect() }
            }
            next += count
            _ = dice.next()
        }
        outcome.seconds = Double(clockNow() - begun) / 1e9
        return outcome
    }

    /// Asks for a connection id until there is one.
    private mutating func connect() {
        for _ in 0..<100 {
            guard let datagrams = door_batch_datagrams(batch) else { return }
            let packet = UnsafeMutableRawPointer(datagrams[0].answer)
            packet?.storeBytes(of: UInt64(0x417_2710_1980).bigEndian, as: UInt64.self)
            packet?.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
            packet?.storeBytes(of: UInt32(7).bigEndian, toByteOffset: 12, as: UInt32.self)
            datagrams[0].answer_length = 16
            var place = tracker
            door_batch_aim(batch, 0, &place)
            door_batch_send(batch, socket, 1)
            let patience = clockNow() + 100_000_000
            while clockNow() < patience {
                let received = Int(door_batch_receive(batch, socket))
                for slot in 0..<max(0, received) where datagrams[slot].length == 16 {
                    let answer = UnsafeRawPointer(datagrams[slot].bytes)
                    connection = answer?.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ?? 0
                    return
                }
            }
        }
        Main.fail("no tracker answers at UDP port \(load.port)")
    }

    private func write(_ slot: Int, _ transaction: UInt32, torrent: Int, port: Int, _ random: UInt64) {
        guard let datagrams = door_batch_datagrams(batch), let packet = UnsafeMutableRawPointer(datagrams[slot].answer)
        else {
            return
        }
        packet.storeBytes(of: connection, as: UInt64.self)
        packet.storeBytes(of: UInt32(1).bigEndian, toByteOffset: 8, as: UInt32.self)
        packet.storeBytes(of: transaction.bigEndian, toByteOffset: 12, as: UInt32.self)
        hashes.withUnsafeBytes {
            (packet + 16).copyMemory(from: $0.baseAddress.unsafelyUnwrapped + torrent * 20, byteCount: 20)
        }
        (packet + 36).copyMemory(from: "-BE0001-", byteCount: 8)
        packet.storeBytes(of: random, toByteOffset: 44, as: UInt64.self)
        packet.storeBytes(of: UInt32(truncatingIfNeeded: random >> 7), toByteOffset: 52, as: UInt32.self)
        packet.storeBytes(of: 0, toByteOffset: 56, as: UInt64.self)
        packet.storeBytes(of: UInt64(random & 3).bigEndian, toByteOffset: 64, as: UInt64.self)
        packet.storeBytes(of: 0, toByteOffset: 72, as: UInt64.self)
        packet.storeBytes(of: 0, toByteOffset: 80, as: UInt64.self)
        packet.storeBytes(of: UInt32(truncatingIfNeeded: random), toByteOffset: 88, as: UInt32.self)
        packet.storeBytes(of: UInt32(load.numwant).bigEndian, toByteOffset: 92, as: UInt32.self)
        packet.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 96, as: UInt16.self)
        datagrams[slot].answer_length = 98
        var place = tracker
        door_batch_aim(batch, Int32(slot), &place)
    }
}

/// Datagrams that ask for nothing, from a socket of their own.
private struct Noise {
    private let rate: Int
    private let tracker: door_address
    private let socket: Int32
    private let batch: OpaquePointer
    private var sent = 0
    private var dice = Dice(99)

    init(_ load: Load, _ tracker: door_address) {
        rate = load.rubbish
        self.tracker = tracker
        var own = door_address()
        own.four = 0x7F00_0001
        socket = door_bind(&own, 1 << 20, 0)
        batch = door_batch_create(64, 64, 256)
    }

    mutating func send(at elapsed: UInt64) {
        guard rate > 0 else { return }
        let due = Int(Double(elapsed) * Double(rate) / 1e9) - sent
        let count = min(64, due)
        guard count > 0, let datagrams = door_batch_datagrams(batch) else { return }
        for slot in 0..<count {
            let length = 1 + dice.below(200)
            for index in stride(from: 0, to: length, by: 8) {
                UnsafeMutableRawPointer(datagrams[slot].answer)?
                    .storeBytes(of: dice.next(), toByteOffset: index, as: UInt64.self)
            }
            datagrams[slot].answer_length = UInt32(length)
            var place = tracker
            door_batch_aim(batch, Int32(slot), &place)
        }
        door_batch_send(batch, socket, Int32(count))
        sent += count
    }
}
