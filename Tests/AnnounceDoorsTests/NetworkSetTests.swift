import AnnounceDoors
import BitTorrentTypes
import Testing

@Suite struct `A set of networks` {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "1.2.3.4", true),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::1/127", "2001:db8::", true),
        ("::/0", "1.2.3.4", false),
        ("192.0.2.7/31", "192.0.2.6", true),
    ])
    func `has what its prefixes cover`(network: String, address: String, isIn: Bool) throws {
        var set: NetworkSet = []
        let isTaken = set.insert(network)
        #expect(isTaken)
        #expect(set.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "a/8", "10.0.0.0/+8",
    ])
    func `takes nothing else`(text: String) {
        var set: NetworkSet = []
        let isTaken = set.insert(text)
        #expect(!isTaken)
        #expect(set.isEmpty)
    }
}
