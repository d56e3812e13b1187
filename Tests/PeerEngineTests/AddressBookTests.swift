import BitTorrentTypes
import Testing

@testable import PeerEngine

@Suite struct `Address book` {
    private func address(_ text: String) throws -> PeerAddress { try #require(PeerAddress(text)) }

    @Test(arguments: ["0.0.0.0:1", "0.1.2.3:1", "224.0.0.1:6881", "255.255.255.255:6881", "[::]:5", "[ff02::1]:5"])
    func `refuses what is no host`(text: String) throws {
        var book = AddressBook(capacity: 9)
        #expect(!book.learn(try address(text), from: .tracker))
    }

    @Test func `hands out an address once until it ended`() throws {
        var book = AddressBook(capacity: 9)
        var random = EngineRandom(seed: 1)
        let peer = try address("10.0.0.1:6881")
        book.learn(peer, from: .tracker)
        book.learn(peer, from: .tracker)
        #expect(book.due(5, at: .zero, skippingSeeds: false) == [peer])
        #expect(book.dialling == 1)
        #expect(book.due(5, at: .zero, skippingSeeds: false) == [])
        book.ended(peer, .failed, at: .zero, using: &random)
        #expect(book.dialling == 0)
        #expect(book.due(5, at: .zero + .milliseconds(900), skippingSeeds: false) == [])
        #expect(book.due(5, at: .zero + .milliseconds(1_300), skippingSeeds: false) == [peer])
    }

    @Test func `waits longer after each failure and at most ten minutes`() throws {
        var book = AddressBook(capacity: 9)
        var random = EngineRandom(seed: 1)
        let peer = try address("10.0.0.1:6881")
        book.learn(peer, from: .tracker)
        var now = EngineTime.zero
        for failures in 0..<20 {
            let shortest = failures == 0 ? 0.0 : min(Double(1 << min(failures - 1, 9)), 600)
            #expect(failures == 0 || book.due(1, at: now + .seconds(shortest * 0.99), skippingSeeds: false) == [])
            now = now + .seconds(shortest * 1.3)
            #expect(book.due(1, at: now, skippingSeeds: false) == [peer])
            book.ended(peer, .failed, at: now, using: &random)
        }
    }

    @Test func `dials a person's address first`() throws {
        var book = AddressBook(capacity: 9)
        book.learn(try address("10.0.0.1:1"), from: .tracker)
        book.learn(try address("10.0.0.2:2"), from: .user)
        #expect(book.due(1, at: .zero, skippingSeeds: false) == [try address("10.0.0.2:2")])
    }

    @Test func `never dials a liar or itself again`() throws {
        var book = AddressBook(capacity: 9)
        var random = EngineRandom(seed: 1)
        let peer = try address("10.0.0.1:1")
        book.learn(peer, from: .user)
        _ = book.due(1, at: .zero, skippingSeeds: false)
        book.ended(peer, .never, at: .zero, using: &random)
        book.learn(peer, from: .user)
        #expect(book.due(1, at: .zero + .seconds(1_000_000), skippingSeeds: false) == [])
    }

    @Test func `stays within its capacity and lets failed addresses go`() throws {
        var book = AddressBook(capacity: 2)
        var random = EngineRandom(seed: 1)
        let first = try address("10.0.0.1:1")
        book.learn(first, from: .tracker)
        book.learn(try address("10.0.0.2:1"), from: .tracker)
        #expect(!book.learn(try address("10.0.0.3:1"), from: .tracker))
        _ = book.due(1, at: .zero, skippingSeeds: false)
        book.ended(first, .failed, at: .zero, using: &random)
        #expect(book.learn(try address("10.0.0.3:1"), from: .tracker))
        #expect(book.count == 2)
    }

    @Test func `leaves known seeds alone while we seed`() throws {
        var book = AddressBook(capacity: 2)
        var random = EngineRandom(seed: 1)
        let peer = try address("10.0.0.1:1")
        book.learn(peer, from: .tracker)
        _ = book.due(1, at: .zero, skippingSeeds: true)
        book.ended(peer, .redundant, at: .zero, using: &random)
        let later = EngineTime.zero + .seconds(100_000)
        #expect(book.due(1, at: later, skippingSeeds: true) == [])
        #expect(book.due(1, at: later, skippingSeeds: false) == [peer])
    }
}
