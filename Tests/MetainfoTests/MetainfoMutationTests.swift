import Bencode
import BitTorrentTypes
import Metainfo
import SeededRandom
import Testing

@Suite struct `Mutated torrents` {
    static let seeds: [[UInt8]] = [
        SampleTorrent.bytes(outer: ["announce-list": [["http://a/", "udp://b"]], "url-list": "http://s/"]),
        SampleTorrent.tree([
            SampleTorrent.file("a", "b", length: 100), SampleTorrent.file("c", length: 0),
            SampleTorrent.file(".pad", "1", length: 1, attr: "p"), SampleTorrent.file("ü", length: 9),
        ]),
        VersionTwoTorrent.bytes(),
        VersionTwoTorrent.hybrid(),
    ]

    @Test(arguments: 0..<10)
    func `are refused, or sound`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for round in 0..<2_000 {
            var bytes = Self.seeds[round % Self.seeds.count]
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, using: &generator) }
            guard let torrent = try? Metainfo.parse(bytes) else { continue }
            let layout = torrent.layout
            #expect(torrent.files.reduce(0) { $0 + $1.length } == layout.totalLength)
            #expect(torrent.spans(of: 0..<layout.totalLength).reduce(0) { $0 + $1.length } == layout.totalLength)
            for hashes in layout.pieces.map(torrent.hashes) {
                #expect(hashes.sha1?.count == (torrent.version.hasV1 ? 20 : nil))
                #expect(hashes.merkleRoot?.count == (torrent.version.hasV2 ? 32 : nil))
            }
            #expect(!torrent.files.contains { $0.path.contains("..".bytes) || $0.path.isEmpty })
        }
    }

    @Test(arguments: 0..<4)
    func `links are refused, or printed and read back`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(50 + seed))
        let text = "magnet:?xt=urn:btih:\(sampleHash)&dn=n%20m&tr=http%3A%2F%2Fa%2F&xl=5&x.pe=127.0.0.1:1"
        for _ in 0..<500 {
            var bytes = text.bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, using: &generator) }
            guard let link = try? MagnetLink.parse(String(decoding: bytes, as: UTF8.self)) else { continue }
            let again = try MagnetLink.parse(link.text)
            #expect(again.text == link.text)
        }
    }

    private func mutate(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[index] = .random(in: 0...255, using: &generator)
        case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.insert(UInt8(ascii: "0") + .random(in: 0...9, using: &generator), at: index)
        case 3: bytes.remove(at: index)
        default: bytes[index] = bytes[Int.random(in: 0..<bytes.count, using: &generator)]
        }
    }
}

private let sampleHash = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a"
