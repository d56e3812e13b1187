import BitTorrentTypes
import Logging
import NIOCore
import NIOPosix
import PeerNetworking
import PeerWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Listening` {
    private let transport = PeerTransport(
        accepting: MultiThreadedEventLoopGroup.singleton.next(),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )

    private func listen(_ hosts: [String], preferred: UInt16 = 0, last: UInt16? = nil) async throws -> [any Channel] {
        try await transport.listen(hosts: hosts, preferred: preferred, last: last, acceptor: NoTorrents())
    }

    private func close(_ channels: [any Channel]) async throws {
        for channel in channels { try await channel.close() }
    }

    @Test(arguments: [["127.0.0.1", "::1"], ["::1", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
    func `has one port at every host`(hosts: [String]) async throws {
        let channels = try await listen(hosts)
        let ports = Set(channels.compactMap { $0.localAddress?.port })
        #expect(channels.count == 2 && ports.count == 1 && !ports.contains(0))
        #expect(Set(channels.compactMap { $0.localAddress?.ipAddress }) == Set(hosts))
        try await close(channels)
    }

    @Test func `goes to the next port when one of the hosts has it taken`() async throws {
        let taken = try await listen(["::1"])
        let port = try #require(taken.first?.localAddress?.port.flatMap { UInt16(exactly: $0) })
        let channels = try await listen(["127.0.0.1", "::1"], preferred: port)
        #expect(channels.count == 2)
        #expect(channels.allSatisfy { $0.localAddress?.port != Int(port) })
        try await close(channels + taken)
    }

    @Test func `leaves out a host that this machine lacks, unless it is the only one`() async throws {
        let channels = try await listen(["127.0.0.1", "2001:db8::1"])
        #expect(channels.count == 1)
        try await close(channels)
        await #expect(throws: IOError.self) { try await listen(["2001:db8::1"]) }
    }
}

private final class NoTorrents: PeerAcceptor {
    func delegate(for infoHash: InfoHash) throws(PeerFault) -> any PeerConnectionDelegate { throw .wrongInfoHash }
}
