import BitTorrentTypes
import Testing

@testable import PeerEngine

@Suite struct `Blame ledger` {
    private func identity(_ number: UInt8, ip: String = "10.0.0.1") throws -> BlameLedger.Identity {
        let id = try #require(PeerID([UInt8](repeating: number, count: 20)))
        return BlameLedger.Identity(ip: try #require(IPAddress(ip)), peerID: id)
    }

    @Test func `bans the lone sender of a bad piece at once`() throws {
        var ledger = BlameLedger()
        let liar = ledger.contributor(try identity(1))
        #expect(ledger.pieceWasBad([liar]) == .banned(liar))
        #expect(ledger.isBanned(try identity(1)))
        #expect(!ledger.isBanned(try identity(2)))
    }

    @Test func `puts several senders on parole and bans the one whose own piece is bad`() throws {
        var ledger = BlameLedger()
        let liar = ledger.contributor(try identity(1))
        let honest = ledger.contributor(try identity(2))
        #expect(ledger.pieceWasBad([liar, honest]) == .parole([liar, honest]))
        #expect(ledger.isOnParole(liar) && ledger.isOnParole(honest))
        ledger.pieceWasGood([honest])
        #expect(!ledger.isOnParole(honest))
        ledger.pieceWasGood([liar, honest])
        #expect(ledger.isOnParole(liar), "a good piece that others had a part in proves nothing")
        #expect(ledger.pieceWasBad([liar]) == .banned(liar))
    }

    @Test func `takes evidence for a ban or a clean name`() throws {
        var ledger = BlameLedger()
        let liar = ledger.contributor(try identity(1))
        let honest = ledger.contributor(try identity(2))
        _ = ledger.pieceWasBad([liar, honest])
        ledger.ban(liar)
        ledger.clear(honest)
        ledger.clear(liar)
        #expect(ledger.isBanned(try identity(1)) && !ledger.isOnParole(honest))
    }

    @Test func `remembers a contributor over its connections`() throws {
        var ledger = BlameLedger()
        let first = ledger.contributor(try identity(1))
        #expect(ledger.contributor(try identity(1)) == first)
        #expect(ledger.known(try identity(2)) == nil)
    }

    @Test(arguments: [("10.0.0.1", true), ("127.0.0.1", false)])
    func `bans an address with three liars, but not this machine`(ip: String, isBanned: Bool) throws {
        var ledger = BlameLedger()
        for number in 1...3 { _ = ledger.pieceWasBad([ledger.contributor(try identity(UInt8(number), ip: ip))]) }
        #expect(ledger.isBanned(try identity(9, ip: ip)) == isBanned)
    }
}
