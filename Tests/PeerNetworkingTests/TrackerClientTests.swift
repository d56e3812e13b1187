import BitTorrentTypes
import NIOPosix
import PeerNetworking
import Testing
import TrackerWire

@Suite(.timeLimit(.minutes(1))) struct `Tracker client` {
    private func request() throws -> AnnounceRequest {
        AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881, left: 5)
    }

    private func announce(_ answer: @escaping @Sendable (String) -> String) async throws -> Result<
        AnnounceResponse, AnnounceFailure
    > {
        let client = TrackerClient(group: MultiThreadedEventLoopGroup.singleton)
        let message = try request()
        let result = try await FixtureTracker.with(answer) { tracker in
            do throws(AnnounceFailure) {
                return Result<AnnounceResponse, AnnounceFailure>.success(
                    try await client.announce(to: tracker.url, message)
                )
            } catch {
                return .failure(error)
            }
        }
        try await client.shutdown()
        return result
    }

    @Test func `the peers of an answer are found`() async throws {
        let result = try await announce { _ in
            FixtureTracker.bencoded("d8:completei2e8:intervali900e5:peers6:\u{7F}\u{0}\u{0}\u{1}\u{1A}\u{3}e")
        }
        let response = try result.get()
        #expect(response.interval == 900)
        #expect(response.peers.map(\.address) == [try #require(PeerAddress("127.0.0.1:6659"))])
    }

    @Test func `a refusal keeps the tracker's words`() async throws {
        let result = try await announce { _ in FixtureTracker.bencoded("d14:failure reason4:go <e") }
        #expect(result == .failure(.refused("go <")))
    }

    @Test func `a status without a tracker's answer is named`() async throws {
        let result = try await announce { _ in
            "HTTP/1.1 503 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
        }
        #expect(result == .failure(.status(503)))
    }

    @Test(arguments: ["udp://tracker/announce", "wss://tracker/", "file:///etc/passwd", "http+unix://x/y", "no url"])
    func `other schemes are refused without a try`(url: String) async throws {
        let client = TrackerClient(group: MultiThreadedEventLoopGroup.singleton)
        let message = try request()
        await #expect(throws: AnnounceFailure.unsupported(url: url)) { try await client.announce(to: url, message) }
        try await client.shutdown()
    }
}
