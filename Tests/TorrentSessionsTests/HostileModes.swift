import BitTorrentTypes
import Foundation

/// What is wrong whether the victim gives or takes.
extension HostileMode {
    static let onEither: [HostileMode] = [
        HostileMode(73, "a second handshake", .dropped("message of 323119476 bytes, the limit is 262153")) { peer, _ in
            try peer.send([19] + Array("BitTorrent protocol".utf8))
        },
        HostileMode(74, "a message of 64 MiB", .dropped("message of 67108864 bytes, the limit is 262153")) { peer, _ in
            try peer.send(HostilePeer.number(64 << 20))
        },
        HostileMode(74, "a message of 4 GiB", .dropped("message of 4294967295 bytes, the limit is 262153")) { peer, _ in
            try peer.send([0xFF, 0xFF, 0xFF, 0xFF, 7])
        },
        HostileMode(75, "a choke with a body", .dropped("message 0 of 2 bytes instead of 1")) { peer, _ in
            try peer.send(WireID.choke, [1])
        },
        HostileMode(75, "a have that is short", .dropped("message 4 of 4 bytes instead of 5")) { peer, _ in
            try peer.send(WireID.have, [0, 0, 0])
        },
        HostileMode(75, "a request that is long", .dropped("message 6 of 14 bytes instead of 13")) { peer, _ in
            try peer.send(WireID.request, [UInt8](repeating: 0, count: 13))
        },
        HostileMode(75, "a cancel that is short", .dropped("message 8 of 1 bytes instead of 13")) { peer, _ in
            try peer.send(WireID.cancel)
        },
        HostileMode(76, "messages of unknown ids", .kept) { peer, _ in
            let unknown: [UInt8] = [9, 10, 11, 12, 18, 19, 21, 99, 255]
            for id in unknown { try peer.send(id, [1, 2, 3]) }
        },
        HostileMode(76, "an unknown message of 300 KB", .dropped("message of 300000 bytes, the limit is 262153")) {
            peer,
            _ in
            try peer.send(HostilePeer.number(300_000) + [99])
        },
        HostileMode(77, "a bitfield that is short", .dropped("message 5 of 3 bytes instead of 7")) { peer, _ in
            try peer.send(WireID.bitfield, [0, 0])
        },
        HostileMode(77, "a bitfield that is long", .dropped("message 5 of 1001 bytes instead of 7")) { peer, _ in
            try peer.send(WireID.bitfield, [UInt8](repeating: 0, count: 1_000))
        },
        HostileMode(77, "an empty bitfield", .dropped("message 5 of 1 bytes instead of 7")) { peer, _ in
            try peer.send(WireID.bitfield)
        },
        HostileMode(77, "a bitfield with spare bits", .dropped("bitfield with spare bits set")) { peer, victim in
            try peer.send(WireID.bitfield, [UInt8](repeating: 0, count: victim.fullBitfield.count - 1) + [1])
        },
        HostileMode(77, "fifty bitfields", .dropped("17 bitfields that say nothing new")) { peer, victim in
            let nothing = [UInt8](repeating: 0, count: victim.fullBitfield.count)
            for _ in 0..<50 { try peer.send(WireID.bitfield, nothing) }
        },
        HostileMode(77, "a late bitfield", .kept) { peer, victim in
            try peer.send(WireID.have, HostilePeer.number(0))
            try peer.send(WireID.bitfield, [0x80] + [UInt8](repeating: 0, count: victim.fullBitfield.count - 1))
        },
        HostileMode(78, "a have past the end", .dropped("no piece 42")) { peer, _ in
            try peer.send(WireID.have, HostilePeer.number(42))
        },
        HostileMode(78, "a have of 2^32-1", .dropped("no piece 4294967295")) { peer, _ in
            try peer.send(WireID.have, [0xFF, 0xFF, 0xFF, 0xFF])
        },
        HostileMode(79, "20,000 times the same have", .kept) { peer, _ in
            let haves = (0..<1_000).flatMap { _ in HostilePeer.frame(WireID.have, HostilePeer.number(1)) }
            for _ in 0..<20 { try peer.send(haves) }
        },
        HostileMode(79, "100,000 keep-alives", .kept) { peer, _ in
            for _ in 0..<10 { try peer.send([UInt8](repeating: 0, count: 40_000)) }
        },
        HostileMode(79, "5,000 changes of mind", .kept) { peer, _ in
            let flap = [WireID.interested, WireID.notInterested, WireID.unchoke, WireID.choke]
                .flatMap { HostilePeer.frame($0) }
            for _ in 0..<5_000 { try peer.send(flap) }
        },
        HostileMode(87, "an empty block", .dropped("empty block")) { peer, _ in
            try peer.send(WireID.piece, [UInt8](repeating: 0, count: 8))
        },
        HostileMode(87, "a piece message of four bytes", .dropped("message 7 of 4 bytes instead of 16393")) { peer, _ in
            try peer.send(WireID.piece, [0, 0, 0])
        },
        HostileMode(84, "blocks that nobody asked for", .kept) { peer, victim in
            for piece in 0..<10 {
                let header = HostilePeer.number(piece) + HostilePeer.number(0)
                try peer.send(WireID.piece, header + victim.piece(piece).prefix(16_384))
                try peer.send(WireID.piece, header + [UInt8](repeating: 0xEE, count: 16_384))
            }
            try peer.send(WireID.piece, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])
        },
        HostileMode(
            93,
            "what only the fast extension knows",
            .dropped("message 14 of the fast extension, which was not agreed on")
        ) { peer, _ in
            try peer.send(WireID.haveAll)
            try peer.send(WireID.haveNone)
            try peer.send(WireID.suggest, [0xFF, 0xFF, 0xFF, 0xFF])
            try peer.send(WireID.allowedFast, [0xFF, 0xFF, 0xFF, 0xFF])
            try peer.send(WireID.reject, [UInt8](repeating: 0xFF, count: 12))
        },
        HostileMode(95, "cancels of what was never asked", .kept) { peer, _ in
            for piece in 0..<60 {
                try peer.send(WireID.cancel, HostilePeer.number(piece) + HostilePeer.number(7) + HostilePeer.number(9))
            }
        },
        HostileMode(99, "an extended message without an id", .dropped("empty extended message")) { peer, _ in
            try peer.send(WireID.extended)
        },
        HostileMode(99, "extension handshakes that are rubbish", .kept) { peer, _ in
            for text in ["", "x", "i1e", "le", "d", "d1:m", "d1:mi5ee", "d1:md0:i1eee", "99999999999:a"] {
                try peer.send(WireID.extended, [0] + Array(text.utf8))
            }
            try peer.send(WireID.extended, [0] + [UInt8](repeating: UInt8(ascii: "l"), count: 100_000))
            try peer.send(WireID.extended, [0] + [UInt8](repeating: UInt8(ascii: "d"), count: 100_000))
        },
        HostileMode(100, "extension handshakes with absurd fields", .kept) { peer, _ in
            let name = "\u{1B}[31m" + String(repeating: "A", count: 10_000)
            for text in [
                "d1:m2:no1:pi-1e4:reqqi-5e1:vi9ee", "d1:md11:ut_metadatai999999999999eee",
                "d1:pi65536e4:reqqi99999999999999999999e6:yourip3:abc1:v\(name.utf8.count):\(name)e",
                "d11:upload_onlyi-1e13:metadata_sizei-1ee",
            ] { try peer.send(WireID.extended, [0] + Array(text.utf8)) }
        },
        HostileMode(102, "absurd sizes of the metadata", .kept) { peer, _ in
            for size in ["2147483648", "0", "-1", "9223372036854775807", "9223372036854775808", "1"] {
                try peer.send(WireID.extended, [0] + Array("d1:md11:ut_metadatai3ee13:metadata_sizei\(size)ee".utf8))
            }
        },
        HostileMode(105, "2,000 requests for metadata, most past the end", .kept) { peer, _ in
            for piece in 0..<2_000 {
                try peer.send(WireID.extended, [3] + Array("d8:msg_typei0e5:piecei\(piece)ee".utf8))
            }
        },
        HostileMode(106, "peer exchange that nobody offered", .kept) { peer, _ in
            let addresses = (0..<2_000).flatMap { number -> [UInt8] in
                [127, 0, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number), 0, 22]
            }
            let text = Array("d5:added\(addresses.count):".utf8) + addresses + Array("e".utf8)
            try peer.send(WireID.extended, [1] + text)
        },
    ]

    /// What is wrong with a peer that asks.
    static let onSeeder: [HostileMode] = [
        HostileMode(80, "requests outside of any piece", .kept) { peer, _ in
            try peer.send(WireID.interested)
            _ = try peer.next(WireID.unchoke)
            for (piece, offset, length) in [
                (99, 0, 16_384), (0, 32_768, 1), (0, 0, 0), (0, 0, 131_073), (0, 0, 32_769), (0xFFFF_FFFF, 0, 1),
                (0, 0xFFFF_FFFF, 1), (0, 1, 0xFFFF_FFFF), (0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF),
            ] { try peer.request(piece, offset, length) }
        },
        HostileMode(80, "hundreds of requests outside of any piece", .dropped("301 requests we may not answer")) {
            peer,
            _ in
            try peer.send(WireID.interested)
            _ = try peer.next(WireID.unchoke)
            for number in 0..<400 { try peer.request(1_000 + number, 0, 16_384) }
        },
        HostileMode(83, "10,000 requests while choked", .dropped("301 requests we may not answer")) { peer, _ in
            for _ in 0..<10_000 { try peer.request(0, 0, 16_384) }
        },
        HostileMode(97, "asks, and stops sending", .dropped("the peer closed the connection")) { peer, _ in
            try peer.send(WireID.interested)
            _ = try peer.next(WireID.unchoke)
            for piece in 0..<30 { try peer.request(piece, 0, 16_384) }
            peer.stopSending()
        },
    ]

    /// What is wrong with a peer that gives.
    static let onLeecher: [HostileMode] = [
        HostileMode(85, "a block that is one byte short", .dropped("block of 16383 bytes instead of 16384")) {
            peer,
            victim in
            try peer.pretendToSeed(victim) { request, right in try peer.answer(request, right.dropLast()) }
        },
        HostileMode(85, "a block that is 100 bytes long", .dropped("block of 16484 bytes instead of 16384")) {
            peer,
            victim in
            try peer.pretendToSeed(victim) { request, right in
                try peer.answer(request, right + [UInt8](repeating: 0, count: 100))
            }
        },
        HostileMode(88, "every block wrong", .dropped("banned for wrong data")) { peer, victim in
            try peer.pretendToSeed(victim) { request, right in try peer.answer(request, right.map { ~$0 }) }
        },
        HostileMode(88, "one bit wrong in every block", .dropped("banned for wrong data")) { peer, victim in
            try peer.pretendToSeed(victim) { request, right in
                try peer.answer(request, [right[0] ^ 1] + right.dropFirst())
            }
        },
    ]
}

extension HostilePeer {
    fileprivate func answer(_ request: Message, _ bytes: ArraySlice<UInt8>) throws {
        try answer(request, Array(bytes))
    }
}
