import BitTorrentTypes
import Foundation
import Testing

/// One way to misbehave, and what is to come of it.
///
/// - Source: the numbers are those of the list of bad inputs, peer wire and extension protocol.
struct HostileMode: Sendable, CustomTestStringConvertible {
    /// What a hostile peer knows of its victim.
    struct Victim: Sendable {
        let infoHash: InfoHash
        let layout: PieceLayout
        /// Of the torrent's bytes, in order of the pieces.
        let bytes: [UInt8]

        func piece(_ index: Int) -> [UInt8] {
            Array(bytes[index * layout.pieceLength..<min((index + 1) * layout.pieceLength, bytes.count)])
        }

        /// A `bitfield` of which every bit is set.
        var fullBitfield: [UInt8] { Bitfield(allOf: layout.pieceCount).bytes }
    }

    enum Outcome: Sendable {
        /// The peer is closed for this reason.
        case dropped(String)
        /// The connection stays and is of use.
        case kept
    }

    let number: Int
    let name: String
    let outcome: Outcome
    let script: @Sendable (HostilePeer, Victim) throws -> Void

    init(
        _ number: Int,
        _ name: String,
        _ outcome: Outcome,
        _ script: @escaping @Sendable (HostilePeer, Victim) throws -> Void
    ) {
        self.number = number
        self.name = name
        self.outcome = outcome
        self.script = script
    }

    var testDescription: String { "\(number) \(name)" }
}

extension HostilePeer {
    func request(_ piece: Int, _ offset: Int, _ length: Int) throws {
        try send(WireID.request, Self.number(piece) + Self.number(offset) + Self.number(length))
    }

    /// Answers a `request` with `bytes` of the torrent, changed by `change`.
    func answer(_ request: Message, _ bytes: [UInt8]) throws {
        try send(WireID.piece, Array(request.body.prefix(8)) + bytes)
    }

    /// Says that it has everything, unchokes, and hands each request to `answer` until the other side closes.
    func pretendToSeed(
        _ victim: HostileMode.Victim,
        answer: (_ request: Message, _ right: [UInt8]) throws -> Void
    ) throws {
        try send(WireID.bitfield, victim.fullBitfield)
        try send(WireID.unchoke)
        while true {
            let request = try next(WireID.request)
            let numbers = request.numbers
            let piece = victim.piece(numbers[0])
            try answer(request, Array(piece[numbers[1]..<numbers[1] + numbers[2]]))
        }
    }
}
