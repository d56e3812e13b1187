import BitTorrentTypes
import Logging
import NIOCore
import NIOEmbedded
import PeerWire

@testable import PeerNetworking

/// A torrent in memory that writes down what its connections tell it.
final class RecordingTorrent: PeerConnectionDelegate, PeerAcceptor, @unchecked Sendable {
    let eventLoop: any EventLoop
    var takesConnections = true
    let layout: PieceLayout
    let handshake: Handshake
    var limits: PeerWireLimits { PeerWireLimits(pieceCount: layout.pieceCount, blockLength: layout.pieceLength) }

    var bytes: [UInt8]
    var handshakes: [Handshake] = []
    /// The one that came last.
    var connection: PeerConnection?
    var messages: [PeerMessage] = []
    var blocks: [BlockRange] = []
    /// Buffers in each write, and in each read.
    var writes: [Int] = []
    var reads: [Int] = []
    var sentBlocks: [BlockRange] = []
    var faults: [PeerFault] = []
    var skips: Set<UInt32> = []
    /// Where the payload can be sent from without a read.
    var place: (Range<Int>) -> PayloadPlace? = { _ in nil }
    /// Whether every read has to wait for a disk.
    var isCold = false
    /// Ends the wait of the last such read.
    var finishRead: () -> Void = {}
    /// Called when a connection is gone.
    var onClosed: () -> Void = {}

    init(pieces: Int = 4, on eventLoop: any EventLoop) throws {
        self.eventLoop = eventLoop
        layout = try PieceLayout(totalLength: pieces * 32_768, pieceLength: 32_768)
        handshake = Handshake(infoHash: try identity(1), peerID: try peer(1))
        bytes = Array(repeating: 0, count: layout.totalLength)
    }

    /// Every block of the torrent.
    var allBlocks: [BlockRange] {
        layout.pieces.flatMap { piece in (0..<layout.blockCount(of: piece)).map { layout.block($0, of: piece) } }
    }

    func delegate(for infoHash: InfoHash) throws(PeerFault) -> any PeerConnectionDelegate {
        guard infoHash == handshake.infoHash else { throw .wrongInfoHash }
        return self
    }

    func connected(_ connection: PeerConnection, handshake: Handshake) {
        handshakes.append(handshake)
        self.connection = connection
    }
    func received(_ message: PeerMessage, from connection: PeerConnection) { messages.append(message) }

    func blockStarts(_ header: BlockHeader, from connection: PeerConnection) -> BlockRange? {
        guard !skips.contains(header.offset) else { return nil }
        return layout.range(piece: header.piece, offset: header.offset, length: UInt32(header.length))
    }

    func write(_ blocks: [UnsafeRawBufferPointer], at offset: Int) {
        writes.append(blocks.count)
        var position = offset
        for block in blocks {
            bytes.replaceSubrange(position..<position + block.count, with: block)
            position += block.count
        }
    }

    func received(_ blocks: [BlockRange], from connection: PeerConnection) { self.blocks += blocks }

    func cachedPlace(of range: Range<Int>) -> PayloadPlace? { place(range) }

    func readCached(_ run: inout OutgoingRun) -> CachedRead {
        if isCold { return .cold }
        fill(&run)
        return .done
    }

    func read(_ run: OutgoingRun) -> EventLoopFuture<OutgoingRun?> {
        let promise = eventLoop.makePromise(of: OutgoingRun?.self)
        finishRead = { [self] in
            var filled = run
            fill(&filled)
            promise.succeed(filled)
        }
        return promise.futureResult
    }

    private func fill(_ run: inout OutgoingRun) {
        reads.append(run.blocks.count)
        var position = run.offset
        run.fill { buffers in
            for buffer in buffers {
                buffer.copyBytes(from: bytes[position..<position + buffer.count])
                position += buffer.count
            }
        }
    }

    func readCompleted(_ connection: PeerConnection) {}
    func sent(_ blocks: [BlockRange], to connection: PeerConnection) { sentBlocks += blocks }
    func closed(_ connection: PeerConnection, because fault: PeerFault) {
        faults.append(fault)
        onClosed()
    }
}

struct NoValue: Error {}

func identity(_ byte: UInt8) throws -> InfoHash {
    guard let hash = InfoHash([UInt8](repeating: byte, count: 20)) else { throw NoValue() }
    return hash
}

func peer(_ byte: UInt8) throws -> PeerID {
    guard let id = PeerID([UInt8](repeating: byte, count: 20)) else { throw NoValue() }
    return id
}

/// A connection that came in on a channel without a socket, with its handshake done unless said otherwise.
struct Wire {
    let torrent: RecordingTorrent
    let channel: EmbeddedChannel

    init(shaken: Bool = true) throws {
        channel = EmbeddedChannel()
        torrent = try RecordingTorrent(on: channel.eventLoop)
        guard let remote = PeerAddress("10.0.0.9:6881") else { throw NoValue() }
        let handshake = IncomingHandshake(from: remote, acceptor: torrent, in: WaitingRoom(), logger: .none)
        try channel.pipeline.syncOperations.addHandler(handshake)
        try channel.connect(to: SocketAddress(ipAddress: "10.0.0.9", port: 6881)).wait()
        guard shaken else { return }
        try receive(hello())
        _ = try sent()
    }

    var connection: PeerConnection {
        get throws {
            guard let connection = torrent.connection else { throw NoValue() }
            return connection
        }
    }

    func hello(infoHash: UInt8 = 1) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        Handshake(infoHash: try identity(infoHash), peerID: try peer(2)).write(into: &buffer)
        return buffer
    }

    func receive(_ buffer: ByteBuffer, cutEvery length: Int = .max) throws {
        var rest = buffer
        while let part = rest.readSlice(length: min(length, rest.readableBytes)), part.readableBytes > 0 {
            try channel.writeInbound(part)
        }
    }

    /// The bytes that went out; those that the kernel would have taken from `file` are read there.
    func sent(from file: TemporaryFile? = nil) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let data = try channel.readOutbound(as: IOData.self) {
            switch data {
            case .byteBuffer(let buffer): bytes += Array(buffer.readableBytesView)
            case .fileRegion(let region):
                guard let file else { throw NoValue() }
                bytes += try file.read(region.readerIndex..<region.endIndex)
            }
        }
        return bytes
    }
}

extension Logger {
    static var none: Logger { Logger(label: "none") { _ in SwiftLogNoOpLogHandler() } }
}
