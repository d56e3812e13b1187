import Bencode
import BitTorrentTypes
import PeerWire
import Testing

@Suite struct `An extension handshake` {
    private func parse(_ text: String) -> ExtensionHandshake? { ExtensionHandshake(payload: Array(text.utf8)) }

    @Test func `comes back as it was`() throws {
        var ours = ExtensionHandshake()
        ours.extensions = [Array("ut_metadata".utf8): 3, Array("ut_pex".utf8): 1]
        ours.client = ExtensionHandshake.clientName
        ours.requestQueueLength = 2_000
        ours.listenPort = 6881
        ours.yourAddress = IPAddress("192.0.2.7")
        ours.metadataSize = 12_345
        ours.isUploadOnly = true
        #expect(ExtensionHandshake(payload: ours.payload) == ours)
    }

    @Test func `names us p2p and our version`() {
        var ours = ExtensionHandshake()
        ours.client = ExtensionHandshake.clientName
        #expect(String(decoding: ours.payload, as: UTF8.self) == "d1:mde1:v7:p2p/0.1e")
    }

    @Test(arguments: ["", "i1e", "le", "d", "d1:mdee garbage", "xyz", String(repeating: "l", count: 100_000)])
    func `that is rubbish says nothing`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(arguments: [(-1, nil), (0, nil), (16_383, nil), (16_384, 16_384), (65_536, 65_536), (1 << 40, 262_144)])
    func `runs are at least a block and at most what nodes of ours serve`(said: Int, understood: Int?) {
        #expect(parse("d9:max_blocki\(said)ee")?.longestRun == understood)
    }

    @Test(arguments: ["d1:mi5e1:pli1ee4:reqq3:abc1:vi7e6:yourip2:xx13:metadata_size1:xe", "de"])
    func `with fields of the wrong type is as if they were absent`(text: String) {
        #expect(parse(text) == ExtensionHandshake())
    }

    @Test(arguments: [("0", 1), ("1", 1), ("500", 500), ("9000000000000000000", 1_000_000)])
    func `holds a queue length within bounds`(number: String, expected: Int) {
        #expect(parse("d4:reqqi\(number)ee")?.requestQueueLength == expected)
    }

    @Test(arguments: [
        "d4:reqqi-1ee", "d13:metadata_sizei0ee", "d13:metadata_sizei-5ee", "d13:metadata_sizei2147483648ee",
    ])
    func `drops absurd numbers`(text: String) {
        #expect(parse(text) == ExtensionHandshake())
    }

    @Test(arguments: ["d1:pi0ee", "d1:pi65536ee", "d1:pi-1ee"])
    func `drops ports that cannot be`(text: String) {
        #expect(parse(text)?.listenPort == nil)
    }

    @Test func `cuts a long client name`() {
        let name = String(repeating: "x", count: 10_000)
        #expect(parse("d1:v10000:\(name)e")?.client?.count == 64)
    }

    @Test func `ignores extension ids that no byte can hold`() {
        #expect(parse("d1:md1:ai256e1:bi-1e1:ci2eee")?.extensions == [Array("c".utf8): 2])
    }
}
