import BitTorrentTypes
import NIOCore
import NIOEmbedded
import PeerWire
import Testing

@testable import PeerNetworking

@Suite struct `Waiting room` {
    private final class NoTorrents: PeerAcceptor {
        func delegate(for infoHash: InfoHash) throws(PeerFault) -> any PeerConnectionDelegate { throw .wrongInfoHash }
    }

    private func arrive(in room: WaitingRoom) throws -> EmbeddedChannel {
        let remote = try #require(PeerAddress("127.0.0.1:6881"))
        let handshake = IncomingHandshake(from: remote, acceptor: NoTorrents(), in: room, logger: .none)
        let channel = EmbeddedChannel(handler: handshake)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 6881)).wait()
        return channel
    }

    @Test func `when it is full, the one that has waited longest makes place`() throws {
        let room = WaitingRoom(limit: 2)
        let channels = try (1...3).map { _ in try arrive(in: room) }
        #expect(channels.map(\.isActive) == [false, true, true])
        #expect(room.count == 2)
    }

    @Test func `a connection that ends makes place`() throws {
        let room = WaitingRoom(limit: 2)
        let first = try arrive(in: room)
        let second = try arrive(in: room)
        try first.close().wait()
        #expect(room.count == 1)
        let third = try arrive(in: room)
        #expect(second.isActive && third.isActive)
    }
}
