import BitTorrentTypes
import PeerWire
import Testing

@Suite struct `The name of a client` {
    @Test(arguments: [
        ("-qB4500-abcdefghijkl", "qBittorrent 4.5.0"), ("-TR4040-abcdefghijkl", "Transmission 4.0.4"),
        ("-lt0F20-abcdefghijkl", "rTorrent 0.15.2"), ("-P20001-abcdefghijkl", "p2p 0.0.0.1"),
        ("-XX1234-abcdefghijkl", "XX 1.2.3.4"), ("-TR\u{21}\u{22}\u{23}\u{24}-abcdefghijkl", "Transmission"),
        ("A2-1-36-0-abcdefghij", "aria2 1.36.0"), ("A2-x-36-0-abcdefghij", "aria2"),
    ])
    func `is read from a peer id`(id: String, name: String) throws {
        #expect(ClientName.text(of: try #require(PeerID(Array(id.utf8)))) == name)
    }

    @Test(arguments: ["M7-9-2--abcdefghijkl", "....................", "-\u{1}\u{1}0000-abcdefghijkl"])
    func `is not made up`(id: String) throws {
        #expect(ClientName.text(of: try #require(PeerID(Array(id.utf8)))) == nil)
    }
}
