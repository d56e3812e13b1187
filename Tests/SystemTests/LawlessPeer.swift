import Foundation
import RunningSuite
import Synchronization

/// A peer that keeps no rule, at the socket of a real node.
struct LawlessPeer: Sendable {
    private let socket: LoopbackSocket

    /// Connects, says hello for a torrent, and runs `script` on a thread of its own; that the node closes is no failure.
    static func run(
        _ port: UInt16,
        _ infoHash: String,
        number: Int,
        _ script: @escaping @Sendable (LawlessPeer) throws -> Void
    ) async throws {
        try await LoopbackSocket.run(port) { socket in
            let name = Array("-XX0000-lawless".utf8)
            let peerID = name + [UInt8](repeating: UInt8(number), count: 20 - name.count)
            do {
                try socket.send(handshake(infoHash, id: peerID))
                _ = try socket.receive(68)
                try script(LawlessPeer(socket: socket))
            } catch is LoopbackSocket.Failure {}
        }
    }

    /// The 68 bytes with which a peer begins.
    static func handshake(_ infoHash: String, id: [UInt8]) -> [UInt8] {
        [19] + Array("BitTorrent protocol".utf8) + [0, 0, 0, 0, 0, 0, 0, 0] + bytes(ofHex: infoHash) + id
    }

    func send(_ bytes: [UInt8]) throws { try socket.send(bytes) }

    /// Says that it has everything, unchokes, and answers every request with wrong bytes.
    func lie(pieceCount: Int, _ asked: () -> Void) throws {
        var bitfield = [UInt8](repeating: 0xFF, count: (pieceCount + 7) / 8)
        if pieceCount % 8 > 0 { bitfield[bitfield.count - 1] = 0xFF << UInt8(8 - pieceCount % 8) }
        try send(Self.frame(5, bitfield) + Self.frame(1))
        while true {
            let length = Self.number(try socket.receive(4))
            guard length > 0 else { continue }
            let message = try socket.receive(length)
            guard message[0] == 6 else { continue }
            asked()
            let block = [UInt8](repeating: 0xEE, count: Self.number(Array(message[9..<13])))
            try send(Self.frame(7, Array(message[1..<9]) + block))
        }
    }

    static func frame(_ id: UInt8, _ body: [UInt8] = []) -> [UInt8] {
        withUnsafeBytes(of: UInt32(body.count + 1).bigEndian) { Array($0) } + [id] + body
    }

    private static func number(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = text.compactMap { $0.hexDigitValue }.map { UInt8($0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// Ways to give a node work that leads nowhere.
///
/// Each peer pours twenty times, or `P2P_FLOOD_DROPS` times. In a debug build, haves without end from twenty peers leave
/// the loop of a torrent no time to answer for the heartbeat: the launcher replaces the node after ten seconds.
enum Flood: CaseIterable, Sendable {
    case haves, keepAlives, changesOfMind, unknownMessages, unaskedBlocks, requestsWhileChoked, requestsNeverRead

    private static let drops = ProcessInfo.processInfo.environment["P2P_FLOOD_DROPS"].flatMap { Int($0) } ?? 20

    /// Pours until `isOver`, until it has poured enough, or until the other side closes.
    func pour(into peer: LawlessPeer, until isOver: () -> Bool) throws {
        let request = LawlessPeer.frame(6, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0])
        let drop: [UInt8] =
            switch self {
            case .haves: (0..<1_000).flatMap { LawlessPeer.frame(4, [0, 0, 0, UInt8($0 % 40)]) }
            case .keepAlives: [UInt8](repeating: 0, count: 4_000)
            case .changesOfMind: (0..<250).flatMap { _ in [2, 3, 1, 0].flatMap { LawlessPeer.frame($0) } }
            case .unknownMessages: LawlessPeer.frame(99, [UInt8](repeating: 7, count: 200_000))
            case .unaskedBlocks: LawlessPeer.frame(7, [UInt8](repeating: 0, count: 8 + 16_384))
            case .requestsWhileChoked: (0..<100).flatMap { _ in request }
            case .requestsNeverRead: LawlessPeer.frame(2) + (0..<100).flatMap { _ in request }
            }
        for _ in 0..<Self.drops where !isOver() { try peer.send(drop) }
    }
}

/// A flag that many threads look at.
final class Flag: Sendable {
    private let state = Mutex(false)

    var isUp: Bool { state.withLock { $0 } }

    func raise() { state.withLock { $0 = true } }
}
