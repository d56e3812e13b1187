import BitTorrentTypes
import NIOCore
import PeerWire
import Testing

@Suite struct `A handshake` {
    private func sample() throws -> Handshake {
        let hash = try #require(InfoHash(hex: "00112233445566778899aabbccddeeff00112233"))
        return Handshake(infoHash: hash, peerID: try #require(PeerID(Array("-P20001-abcdefghijkl".utf8))))
    }

    private func bytes() throws -> [UInt8] {
        var buffer = ByteBuffer()
        try sample().write(into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test func `is 68 bytes with the bits of BEP 10 and BEP 6`() throws {
        let bytes = try bytes()
        #expect(bytes.count == 68)
        #expect(bytes[0] == 19)
        #expect(String(decoding: bytes[1..<20], as: UTF8.self) == "BitTorrent protocol")
        #expect(Array(bytes[20..<28]) == [0, 0, 0, 0, 0, 0x10, 0, 0x04])
        #expect(Array(bytes[48...]) == Array("-P20001-abcdefghijkl".utf8))
    }

    @Test func `comes back as it was, and leaves what follows`() throws {
        var buffer = ByteBuffer(bytes: try bytes() + [1, 2])
        #expect(try Handshake.read(from: &buffer) == sample())
        #expect(buffer.readableBytes == 2)
    }

    @Test(arguments: 0..<68) func `waits while it is cut short, and takes nothing`(kept: Int) throws {
        var buffer = ByteBuffer(bytes: try bytes().prefix(kept))
        let before = buffer
        #expect(try Handshake.read(from: &buffer) == nil)
        #expect(buffer == before)
    }

    @Test(arguments: ["GET / HTTP/1.1", "\u{13}BitTorrent protocoX", "\u{12}", "\u{13}bit"])
    func `finds another protocol at its first wrong byte`(text: String) {
        var buffer = ByteBuffer(bytes: Array(text.utf8))
        #expect(throws: PeerFault.notBitTorrent) { try Handshake.read(from: &buffer) }
    }

    @Test func `of a peer without extensions says so`() throws {
        let sample = try sample()
        #expect(sample.supportsExtensions)
        let old = Handshake(infoHash: sample.infoHash, peerID: sample.peerID, reserved: 0x05)
        #expect(!old.supportsExtensions)
        #expect(sample.supportsFast && old.supportsFast)
        #expect(!Handshake(infoHash: sample.infoHash, peerID: sample.peerID, reserved: ~0x04).supportsFast)
    }
}
