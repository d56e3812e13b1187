import BitTorrentTypes
import Testing

@testable import PeerEngine

@Suite struct `Piece picker` {
    @Test func `asks for the rarest piece the peer has and we lack`() throws {
        var drawn = try DrawnPicker(have: "####·······", availability: [9, 9, 9, 9, 9, 3, 9, 1, 2, 9, 0])
        #expect(try drawn.next(from: "#######·##·") == ["8.0"])
        #expect(try drawn.next(from: "#######·##·", for: .bob) == ["5.0"])
        #expect(try drawn.next(from: "###########", for: .bob) == ["10.0"])
        #expect(try drawn.next(from: "###########", for: .bob) == ["7.0"])
    }

    @Test func `asks for nothing of a peer that has only what we have`() throws {
        var drawn = try DrawnPicker(have: "##··", availability: [1, 1, 0, 0])
        #expect(try drawn.next(9, from: "##··") == [])
    }

    @Test func `chooses its first pieces at random`() throws {
        let firsts = try (0..<200).map { seed in
            var drawn = try DrawnPicker(have: "········", availability: [1, 2, 3, 4, 5, 6, 7, 8])
            drawn.random = EngineRandom(seed: UInt64(seed))
            return try drawn.next(from: "########")
        }
        #expect(Set(firsts).count == 8)
    }

    @Test func `goes on with the piece the peer began`() throws {
        var drawn = try DrawnPicker(have: "####··", availability: [0, 0, 0, 0, 1, 2], blocks: 4)
        #expect(try drawn.next(2, from: "######") == ["4.0", "4.1"])
        #expect(try drawn.next(3, from: "######") == ["4.2", "4.3", "5.0"])
    }

    @Test func `keeps two peers on two pieces while there are new ones`() throws {
        var drawn = try DrawnPicker(have: "####··", availability: [0, 0, 0, 0, 1, 2], blocks: 4)
        #expect(try drawn.next(2, from: "######", for: .ann) == ["4.0", "4.1"])
        #expect(try drawn.next(2, from: "######", for: .bob) == ["5.0", "5.1"])
        #expect(try drawn.next(3, from: "######", for: .cid) == ["4.2", "4.3", "5.2"])
    }

    @Test func `of equally rare pieces begins the one that follows its last, as far as the extent goes`() throws {
        // 256 pieces make extents of four.
        let all = String(repeating: "#", count: 256)
        for seed in 0..<20 {
            var drawn = try DrawnPicker(have: "####" + String(repeating: "·", count: 252), availability: [])
            drawn.random = EngineRandom(seed: UInt64(seed))
            let asked = try drawn.next(40, from: all).compactMap { $0.split(separator: ".").first.flatMap { Int($0) } }
            #expect(asked.count == 40)
            for (place, piece) in asked.enumerated().dropLast() where !(piece + 1).isMultiple(of: 4) {
                #expect(asked[place + 1] == piece + 1 || asked[..<place].contains(piece + 1))
            }
        }
    }

    @Test func `begins a rarer piece before the one that follows`() throws {
        var drawn = try DrawnPicker(have: "####····", availability: [0, 0, 0, 0, 1, 3, 3, 2])
        #expect(try drawn.next(2, from: "########") == ["4.0", "7.0"])
        #expect(try drawn.next(1, from: "#####··#") == [])
    }

    @Test func `finishes an abandoned piece before a rarer new one`() throws {
        var drawn = try DrawnPicker(have: "####··", availability: [0, 0, 0, 0, 9, 1], blocks: 2)
        #expect(try drawn.next(1, from: "#####·", for: .ann) == ["4.0"])
        try drawn.receive(4, 0, from: 1)
        #expect(drawn.picker.disown(.ann) == 0)
        #expect(try drawn.next(2, from: "######", for: .bob) == ["4.1", "5.0"])
    }

    @Test func `asks again for a block that was given up`() throws {
        var drawn = try DrawnPicker(have: "####·", availability: [0, 0, 0, 0, 1], blocks: 3)
        #expect(try drawn.next(3, from: "#####", for: .ann) == ["4.0", "4.1", "4.2"])
        #expect(try drawn.next(3, from: "#####", for: .bob) == [])
        if let piece = drawn.picker.layout.piece(4) { drawn.picker.update(piece) { $0.giveUp(1) } }
        #expect(try drawn.next(3, from: "#####", for: .bob) == ["4.1"])
    }

    @Test func `gives an unproven peer two pieces at most`() throws {
        var drawn = try DrawnPicker(have: "####····", availability: [0, 0, 0, 0, 1, 2, 3, 4], blocks: 2)
        #expect(try drawn.next(64, from: "########", probation: []) == ["4.0", "4.1", "5.0", "5.1"])
        #expect(try drawn.next(64, from: "########", for: .bob) == ["6.0", "6.1", "7.0", "7.1"])
    }

    @Test func `lets a suspect work only where nobody else does`() throws {
        var drawn = try DrawnPicker(have: "####··", availability: [0, 0, 0, 0, 1, 2], blocks: 2)
        #expect(try drawn.next(1, from: "######", for: .ann) == ["4.0"])
        #expect(try drawn.next(9, from: "######", for: .bob, isOnParole: true) == ["5.0", "5.1"])
        #expect(try drawn.next(9, from: "######", for: .cid) == ["4.1"], "and nobody joins a suspect")
    }

    @Test func `gives a suspect a clean piece when only mixed ones are left`() throws {
        var drawn = try DrawnPicker(have: "####·", availability: [0, 0, 0, 0, 1], blocks: 2)
        #expect(try drawn.next(1, from: "#####", for: .ann) == ["4.0"])
        try drawn.receive(4, 0, from: 1)
        _ = drawn.picker.disown(.ann)
        #expect(try drawn.next(9, from: "#####", for: .bob, isOnParole: true) == ["4.0", "4.1"])
    }

    @Test func `can start a refused piece again`() throws {
        var drawn = try DrawnPicker(have: "####·", availability: [0, 0, 0, 0, 1])
        #expect(try drawn.next(1, from: "#####") == ["4.0"])
        try drawn.receive(4, 0, from: 1)
        #expect(try drawn.next(1, from: "#####") == [], "it is being verified")
        if let piece = drawn.picker.layout.piece(4) { drawn.picker.refuse(piece) }
        #expect(try drawn.next(1, from: "#####") == ["4.0"])
    }

    @Test func `begins what is wanted most, and of that the rarest`() throws {
        var drawn = try DrawnPicker(
            have: "####······",
            wanted: "····h·l-hl",
            availability: [9, 9, 9, 9, 5, 2, 1, 1, 3, 0]
        )
        #expect(try drawn.next(9, from: "##########") == ["8.0", "4.0", "5.0", "9.0", "6.0"])
    }

    @Test func `chooses its first pieces at random among the most wanted`() throws {
        let firsts = try (0..<100).map { seed in
            var drawn = try DrawnPicker(have: "········", wanted: "··h-h·-h", availability: [1, 1, 1, 1, 1, 1, 1, 1])
            drawn.random = EngineRandom(seed: UInt64(seed))
            return try drawn.next(from: "########")
        }
        #expect(Set(firsts) == [["2.0"], ["4.0"], ["7.0"]])
    }

    @Test func `goes from the first to the last when the order is sequential`() throws {
        var drawn = try DrawnPicker(
            have: "#·········",
            wanted: "····h·l-hl",
            availability: [9, 8, 9, 1, 5, 2, 1, 1, 3, 0]
        )
        drawn.picker.order = .sequential
        #expect(try drawn.next(2, from: "##·#######") == ["4.0", "8.0"])
        #expect(try drawn.next(9, from: "##·#######") == ["1.0", "3.0", "5.0", "6.0", "9.0"])
        #expect(try drawn.next(9, from: "##########", for: .bob) == ["2.0"])
        if let piece = drawn.picker.layout.piece(1) {
            try drawn.receive(1, 0, from: 1)
            drawn.picker.refuse(piece)
        }
        #expect(try drawn.next(9, from: "##########", for: .bob) == ["1.0"], "the cursor goes back")
    }

    @Test func `forgets a piece under way that is not wanted any more, and begins it anew when it is`() throws {
        var drawn = try DrawnPicker(have: "####··", availability: [0, 0, 0, 0, 1, 2], blocks: 2)
        #expect(try drawn.next(2, from: "######") == ["4.0", "4.1"])
        try drawn.receive(4, 0, from: 1)
        let verified = try Bitfield(drawn: "####··")
        let wasted = drawn.picker.setPriorities(PiecePriority.drawn("····-·"), verified: verified)
        #expect(wasted == PieceLayout.blockLength)
        #expect(try drawn.next(9, from: "######") == ["5.0", "5.1"])
        #expect(drawn.picker.setPriorities(PiecePriority.drawn("······"), verified: verified) == 0)
        #expect(try drawn.next(9, from: "######") == ["4.0", "4.1"])
    }

    @Test func `leaves an unwanted piece whose blocks are all there to its verdict`() throws {
        var drawn = try DrawnPicker(have: "####··", availability: [0, 0, 0, 0, 1, 2])
        #expect(try drawn.next(1, from: "######") == ["4.0"])
        try drawn.receive(4, 0, from: 1)
        let verified = try Bitfield(drawn: "####··")
        #expect(drawn.picker.setPriorities(PiecePriority.drawn("····--"), verified: verified) == 0)
        #expect(drawn.picker.partials.count == 1)
        if let piece = drawn.picker.layout.piece(4) { drawn.picker.refuse(piece) }
        #expect(try drawn.next(9, from: "######") == [], "bad and not wanted: nobody asks for it")
    }

    @Test func `keeps the order by priority and rarity through many changes`() throws {
        let layout = try drawnLayout(pieces: 40)
        var random = EngineRandom(seed: 11)
        var rarity = PieceRarity(layout: layout, using: &random)
        var model = [Int](repeating: 0, count: 40)
        var priorities = [PiecePriority](repeating: .normal, count: 40)
        var out: Set<PieceIndex> = []
        for _ in 0..<5_000 {
            let piece = try #require(layout.piece(Int.random(in: 0..<40, using: &random)))
            switch Int.random(in: 0..<5, using: &random) {
            case 4 where Int.random(in: 0..<20, using: &random) == 0:
                for index in priorities.indices { priorities[index] = .allCases.randomElement(using: &random) ?? .low }
                let underWay = out
                rarity.arrange(priorities) { !underWay.contains($0) }
            case 0, 1:
                rarity.raise(piece)
                model[piece.rawValue] += 1
            case 2:
                rarity.lower(piece)
                model[piece.rawValue] = max(0, model[piece.rawValue] - 1)
            default:
                if out.remove(piece) != nil {
                    rarity.putBack(piece)
                } else {
                    out.insert(piece)
                    rarity.takeOut(piece)
                }
            }
            let left = layout.pieces.filter { !out.contains($0) && priorities[$0.rawValue] != .skip }
            #expect(rarity.count == left.count)
            let most = left.map { priorities[$0.rawValue] }.max()
            let wanted = left.filter { priorities[$0.rawValue] == most }
            let rarest = rarity.rarest(of: Bitfield(allOf: 40))
            #expect(rarest.map { model[$0.rawValue] } == wanted.map { model[$0.rawValue] }.min())
            #expect(rarest.map { wanted.contains($0) } ?? left.isEmpty)
            #expect(rarity.first(of: Bitfield(allOf: 40), in: layout) == wanted.first)
            let any = rarity.random(of: Bitfield(allOf: 40), using: &random)
            #expect(any.map { wanted.contains($0) } ?? left.isEmpty)
        }
    }
}
