import BitTorrentTypes
import PeerWire
import Testing

@testable import PeerNetworking

@Suite struct `Waiting room` {
    private final class NoTorrents: PeerAcceptor {
        func delegate(for infoHash: InfoHash) -> (any PeerConnectionDelegate)? { nil }
    }

    private func arrive(_ port: UInt16, in room: WaitingRoom) throws -> PeerConnection {
        let ip = try #require(IPAddress("127.0.0.1"))
        return PeerConnection(incomingFrom: PeerAddress(ip: ip, port: port), acceptor: NoTorrents(), in: room)
    }

    private func isClosed(_ connection: PeerConnection) -> Bool {
        if case .closed = connection.phase { true } else { false }
    }

    @Test func `when it is full, the one that has waited longest makes place`() throws {
        let room = WaitingRoom(limit: 2)
        let connections = try (1...3).map { try arrive($0, in: room) }
        #expect(connections.map(isClosed) == [true, false, false])
        #expect(room.count == 2)
    }

    @Test func `a connection that ends makes place`() throws {
        let room = WaitingRoom(limit: 2)
        let first = try arrive(1, in: room)
        let second = try arrive(2, in: room)
        first.close(.handshakeTimeout)
        #expect(room.count == 1)
        let third = try arrive(3, in: room)
        #expect(![second, third].contains(where: isClosed))
    }
}
