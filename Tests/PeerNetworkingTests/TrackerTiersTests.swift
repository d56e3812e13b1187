import PeerNetworking
import Testing

@Suite struct `Tracker tiers` {
    @Test func `a tracker that answers moves to the front of its tier only`() {
        var generator = SystemRandomNumberGenerator()
        var tiers = TrackerTiers([["a"], ["b", "c"]], using: &generator)
        tiers.answered("c")
        #expect(tiers.order == ["a", "c", "b"])
    }

    @Test func `a URL counts once, where it comes first`() {
        var generator = SystemRandomNumberGenerator()
        var tiers = TrackerTiers([["a"], ["a"], [], ["b"]], using: &generator)
        #expect(tiers.tiers == [["a"], ["b"]])
        #expect(!tiers.append([["b", "a"]], using: &generator))
        #expect(tiers.append([["d"]], using: &generator))
        #expect(tiers.order == ["a", "b", "d"])
    }
}
