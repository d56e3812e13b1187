import BitTorrentTypes
import NIOCore
import NIOEmbedded
import PeerNetworking
import PeerWire
import Testing

@Suite struct `Peer connection` {
    private func payload(of block: BlockRange) -> [UInt8] {
        (0..<block.length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ block.offset >> 10 &+ block.piece.rawValue) }
    }

    @Test(arguments: [1, 7, 13, 1000, 16_384, 16_397, 40_000, Int.max])
    func `blocks are written whole, however the stream is cut`(length: Int) throws {
        let wire = try Wire()
        var stream = ByteBuffer()
        stream.writePeerMessage(.unchoke)
        for block in wire.torrent.allBlocks {
            stream.writeBlockHeader(BlockHeader(block))
            stream.writeBytes(payload(of: block))
            stream.writePeerMessage(.have(UInt32(block.piece.rawValue)))
        }
        try wire.receive(stream, cutEvery: length)

        #expect(wire.torrent.blocks == wire.torrent.allBlocks)
        #expect(wire.torrent.bytes == wire.torrent.allBlocks.flatMap(payload))
        #expect(wire.torrent.messages.count == 9)
        #expect(wire.torrent.faults.isEmpty)
        if length == .max { #expect(wire.torrent.writes == [8]) }
    }

    @Test(arguments: [1, 7, 1000, 16_397, 20_000, 32_781, Int.max])
    func `a run of blocks is written block by block, however the stream is cut`(length: Int) throws {
        let wire = try Wire()
        var stream = ByteBuffer()
        for number in stride(from: 0, to: 8, by: 2) {
            let (first, second) = (wire.torrent.allBlocks[number], wire.torrent.allBlocks[number + 1])
            let run = try #require(first.joined(with: second))
            stream.writeBlockHeader(BlockHeader(run))
            stream.writeBytes(payload(of: first) + payload(of: second))
        }
        let head = stream.readSlice(length: stream.readableBytes - 1)
        try wire.receive(try #require(head), cutEvery: length)
        #expect(wire.torrent.blocks.reduce(0) { $0 + $1.length } == 7 * 16_384, "all but the block that is cut")
        try wire.receive(stream)

        #expect(wire.torrent.bytes == wire.torrent.allBlocks.flatMap(payload))
        #expect(wire.torrent.faults.isEmpty)
        if length == .max { #expect(wire.torrent.writes == [4, 1]) }
    }

    @Test func `a block is taken out of a run that was not read yet`() throws {
        let wire = try Wire()
        let blocks = wire.torrent.allBlocks
        wire.torrent.bytes = blocks.flatMap(payload)
        let run = try #require(blocks[2].joined(with: blocks[3]))
        try wire.connection.upload(run, at: wire.torrent.layout.bytes(of: run).lowerBound)
        #expect(try wire.connection.cancelUpload(blocks[2]))
        try wire.connection.serveUploads()
        var expected = ByteBuffer()
        expected.writeBlockHeader(BlockHeader(blocks[3]))
        expected.writeBytes(payload(of: blocks[3]))
        #expect(try wire.sent() == Array(expected.readableBytesView))
        #expect(wire.torrent.sentBlocks == [blocks[3]])
    }

    /// What the kernel sends from the file is what a read would have brought; single blocks are read.
    @Test func `long messages go from the file to the socket`() throws {
        let wire = try Wire()
        let blocks = wire.torrent.allBlocks
        wire.torrent.bytes = blocks.flatMap(payload)
        let file = try TemporaryFile([0xAA, 0xBB] + wire.torrent.bytes)
        wire.torrent.place = { PayloadPlace(descriptor: file.descriptor, offset: 2 + $0.lowerBound, owner: file) }
        let (first, second) = (try #require(blocks[2].joined(with: blocks[3])), blocks[5])
        for range in [first, second] {
            try wire.connection.upload(range, at: wire.torrent.layout.bytes(of: range).lowerBound)
        }
        try wire.connection.serveUploads()
        var expected = ByteBuffer()
        expected.writeBlockHeader(BlockHeader(first))
        expected.writeBytes(payload(of: blocks[2]) + payload(of: blocks[3]))
        expected.writeBlockHeader(BlockHeader(second))
        expected.writeBytes(payload(of: second))
        #expect(try wire.sent(from: file) == Array(expected.readableBytesView))
        #expect(wire.torrent.sentBlocks == [first, second])
        #expect(wire.torrent.reads == [1], "the single block alone was read")
    }

    @Test(arguments: [100, Int.max])
    func `an unwanted block leaves no trace`(length: Int) throws {
        let wire = try Wire()
        wire.torrent.skips = [0]
        var stream = ByteBuffer()
        for block in wire.torrent.allBlocks.prefix(2) {
            stream.writeBlockHeader(BlockHeader(block))
            stream.writeBytes([UInt8](repeating: 9, count: block.length))
        }
        try wire.receive(stream, cutEvery: length)
        #expect(wire.torrent.blocks == [wire.torrent.allBlocks[1]])
        #expect(wire.torrent.bytes[..<16_384].allSatisfy { $0 == 0 })
    }

    @Test func `a block that another peer finished is left out from the middle on`() throws {
        let wire = try Wire()
        var stream = ByteBuffer()
        for block in wire.torrent.allBlocks.prefix(2) {
            stream.writeBlockHeader(BlockHeader(block))
            stream.writeBytes([UInt8](repeating: 9, count: block.length))
        }
        let head = stream.readSlice(length: 5000)
        try wire.receive(try #require(head))
        try wire.connection.dropIncomingBlock()
        try wire.receive(stream)
        #expect(wire.torrent.blocks == [wire.torrent.allBlocks[1]])
        #expect(wire.torrent.bytes[..<16_384].allSatisfy { $0 == 0 })
        #expect(wire.torrent.bytes[16_384..<32_768].allSatisfy { $0 == 9 })
    }

    @Test func `requests that follow one another are read in one go`() throws {
        let wire = try Wire()
        let blocks = wire.torrent.allBlocks
        wire.torrent.bytes = blocks.flatMap(payload)
        for block in [blocks[2], blocks[3], blocks[4], blocks[0]] {
            try wire.connection.upload(block, at: wire.torrent.layout.bytes(of: block).lowerBound)
        }
        try wire.connection.cancelUpload(blocks[0])
        try wire.connection.send(.unchoke)
        try wire.connection.serveUploads()

        var expected = ByteBuffer()
        expected.writePeerMessage(.unchoke)
        for block in blocks[2...4] {
            expected.writeBlockHeader(BlockHeader(block))
            expected.writeBytes(payload(of: block))
        }
        #expect(try wire.sent() == Array(expected.readableBytesView))
        #expect(wire.torrent.reads == [3])
        #expect(wire.torrent.sentBlocks == Array(blocks[2...4]))
    }

    @Test func `a cold disk delays what was asked after it, and no message`() throws {
        let wire = try Wire()
        let blocks = wire.torrent.allBlocks
        wire.torrent.bytes = blocks.flatMap(payload)
        wire.torrent.isCold = true
        for block in [blocks[2], blocks[5]] {
            try wire.connection.upload(block, at: wire.torrent.layout.bytes(of: block).lowerBound)
        }
        try wire.connection.serveUploads()
        wire.torrent.isCold = false
        try wire.connection.send(.have(7))
        try wire.connection.serveUploads()
        try wire.connection.flush()
        var expected = ByteBuffer()
        expected.writePeerMessage(.have(7))
        #expect(try wire.sent() == Array(expected.readableBytesView))

        wire.torrent.finishRead()
        expected.clear()
        for block in [blocks[2], blocks[5]] {
            expected.writeBlockHeader(BlockHeader(block))
            expected.writeBytes(payload(of: block))
        }
        #expect(try wire.sent() == Array(expected.readableBytesView))
        #expect(wire.torrent.sentBlocks == [blocks[2], blocks[5]])
    }

    @Test func `what a cold disk brings after a choke is thrown away`() throws {
        let wire = try Wire()
        let blocks = wire.torrent.allBlocks
        wire.torrent.isCold = true
        try wire.connection.upload(blocks[0], at: 0)
        try wire.connection.serveUploads()
        try wire.connection.cancelUploads()
        wire.torrent.isCold = false
        try wire.connection.upload(blocks[1], at: blocks[1].offset)
        wire.torrent.finishRead()
        _ = try wire.sent()
        #expect(wire.torrent.sentBlocks == [blocks[1]])
    }

    @Test func `a connection that ends while a disk is read is left alone`() throws {
        let wire = try Wire()
        wire.torrent.isCold = true
        try wire.connection.upload(wire.torrent.allBlocks[0], at: 0)
        try wire.connection.serveUploads()
        try wire.connection.close(.stopped)
        wire.torrent.finishRead()
        #expect(wire.torrent.sentBlocks.isEmpty)
        #expect(try wire.sent().isEmpty)
    }

    @Test func `a handshake that drips is given up after ten seconds in all`() throws {
        let wire = try Wire(shaken: false)
        var bytes = try wire.hello()
        for _ in 0..<9 {
            let byte = bytes.readSlice(length: 1)
            try wire.receive(try #require(byte))
            wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(wire.channel.isActive)
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!wire.channel.isActive)
        #expect(wire.torrent.handshakes.isEmpty)
    }

    @Test func `a peer that hangs up on our handshake may want encryption`() throws {
        let channel = EmbeddedChannel()
        let torrent = try RecordingTorrent(on: channel.eventLoop)
        let remote = try #require(PeerAddress("10.0.0.9:6881"))
        try channel.pipeline.syncOperations.addHandler(PeerConnection(outgoingTo: remote, delegate: torrent))
        try channel.connect(to: SocketAddress(ipAddress: "10.0.0.9", port: 6881)).wait()
        #expect(try channel.readOutbound(as: IOData.self)?.readableBytes == Handshake.byteCount)
        channel.pipeline.fireChannelInactive()
        #expect(torrent.faults == [.noHandshake])
    }

    @Test func `what is no handshake is closed at its first byte`() throws {
        let wire = try Wire(shaken: false)
        try wire.receive(ByteBuffer(string: "GET"))
        #expect(!wire.channel.isActive)
        #expect(try wire.sent().isEmpty)
    }

    @Test func `a torrent that nobody shares here gets no answer`() throws {
        let wire = try Wire(shaken: false)
        try wire.receive(wire.hello(infoHash: 7))
        #expect(!wire.channel.isActive)
        #expect(try wire.sent().isEmpty)
    }

    @Test func `the torrent hears once that a connection ended, and why`() throws {
        let wire = try Wire()
        try wire.receive(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF]))
        #expect(!wire.channel.isActive)
        #expect(wire.torrent.faults.count == 1)
        guard case .oversized = wire.torrent.faults.first else {
            Issue.record("another fault: \(wire.torrent.faults)")
            return
        }
    }
}
