import BitTorrentTypes
import NIOPosix
import PeerNetworking
import Testing
import TrackerWire

/// Answers of HTTP trackers that mean us harm, and what comes of each.
@Suite(.timeLimit(.minutes(1))) struct `Hostile HTTP tracker` {
    private typealias Outcome = Result<AnnounceResponse, AnnounceFailure>

    private func announce(
        _ answer: @escaping @Sendable (String) -> String,
        endless: String? = nil,
        deadline: Duration? = nil,
        lookup: HostLookup = HostLookup(),
        url: @Sendable (FixtureTracker) -> String = { $0.url }
    ) async throws -> (outcome: Outcome, asked: Int) {
        let client = TrackerClient(group: MultiThreadedEventLoopGroup.singleton, lookup: lookup)
        let message = AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881, left: 5)
        let result = try await FixtureTracker.with(answer, endless: endless) { tracker in
            do throws(AnnounceFailure) {
                let response = try await client.announce(to: url(tracker), message, deadline: deadline)
                return (Outcome.success(response), tracker.lines.count)
            } catch {
                return (Outcome.failure(error), tracker.lines.count)
            }
        }
        try await client.shutdown()
        return result
    }

    private static let plain = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
    private static let tooLong = Outcome.failure(.tooLong(limit: 1 << 20))

    @Test func `a gibibyte that is announced is not read`() async throws {
        let head = Self.plain + "Content-Length: 1073741824\r\n\r\n"
        #expect(
            try await announce({ _ in head }, endless: String(repeating: "d", count: 64 << 10)).outcome == Self.tooLong
        )
    }

    @Test func `a body without end is cut off at a mebibyte`() async throws {
        let head = Self.plain + "\r\n"
        #expect(
            try await announce({ _ in head }, endless: String(repeating: "d", count: 64 << 10)).outcome == Self.tooLong
        )
    }

    @Test func `chunks without end are cut off at a mebibyte`() async throws {
        let head = Self.plain + "Transfer-Encoding: chunked\r\n\r\n"
        let chunk = "1000\r\n" + String(repeating: "d", count: 0x1000) + "\r\n"
        #expect(try await announce({ _ in head }, endless: chunk).outcome == Self.tooLong)
    }

    @Test func `a chunk of an absurd length is no answer`() async throws {
        let head = Self.plain + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nd"
        guard case .failure(.unreachable) = try await announce({ _ in head }).outcome else {
            Issue.record("not refused")
            return
        }
    }

    @Test func `an answer that never ends is given up at the deadline`() async throws {
        let head = Self.plain + "Content-Length: 100\r\n\r\nd8:interv"
        let (outcome, _) = try await announce({ _ in head }, endless: "", deadline: .milliseconds(500))
        #expect(outcome == .failure(.unreachable("Deadline exceeded")))
    }

    @Test func `a packed answer is not unpacked, however much it would become`() async throws {
        let head = Self.plain + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u{1F}abc"
        #expect(
            try await announce({ _ in head }).outcome
                == .failure(.malformed("answer of the tracker is malformed: unexpected byte 0x1f in bencode at byte 0"))
        )
    }

    // MARK: - Redirects

    private static func redirect(to location: String, status: Int = 302) -> String {
        "HTTP/1.1 \(status) Found\r\nLocation: \(location)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    }

    @Test func `a loop of redirects ends after three`() async throws {
        let (outcome, asked) = try await announce { _ in Self.redirect(to: "/announce") }
        #expect(outcome == .failure(.tooManyRedirects(limit: 3)))
        #expect(asked == 4)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect on the same host is followed`(status: Int) async throws {
        let (outcome, asked) = try await announce { line in
            line.contains("/moved")
                ? FixtureTracker.bencoded("d8:intervali900e5:peers0:e")
                : Self.redirect(to: "/moved", status: status)
        }
        #expect(try outcome.get().interval == 900)
        #expect(asked == 2)
    }

    @Test(arguments: [
        "http://10.0.0.1/announce", "http://127.0.0.2/announce", "http://192.168.1.1:80/", "http://[::1]/announce",
        "http://[fe80::1]/", "http://[fd00::1]/", "http://169.254.169.254/latest/meta-data/", "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/", "udp://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/", "http://",
    ])
    func `a redirect to a private address, or to no tracker, is not followed`(location: String) async throws {
        let (outcome, asked) = try await announce { _ in Self.redirect(to: location) }
        #expect(outcome == .failure(.badRedirect(location)))
        #expect(asked == 1)
    }

    @Test func `a redirect to a name of a private address is not followed`() async throws {
        let lookup = HostLookup { host in
            host == "inside.example"
                ? .success(["10.0.0.1", "::1"].compactMap { IPAddress($0) }) : .failure(.init("no"))
        }
        let (outcome, _) = try await announce({ _ in Self.redirect(to: "http://inside.example/x") }, lookup: lookup)
        #expect(outcome == .failure(.badRedirect("http://inside.example/x")))
    }

    @Test func `a name at a link-local address is not asked`() async throws {
        let metadata = try #require(IPAddress("169.254.169.254"))
        let (outcome, asked) = try await announce(
            { _ in FixtureTracker.bencoded("de") },
            lookup: HostLookup { _ in .success([metadata]) },
            url: { _ in "http://metadata.example/announce" }
        )
        #expect(outcome == .failure(.badAddress(metadata)))
        #expect(asked == 0)
    }

    // MARK: - Contents

    @Test(
        arguments: [
            ("d5:peers7:1234567e", "answer of the tracker has 7 bytes of peers, which is no row of addresses"),
            (
                "d6:peers617:12345678901234567e",
                "answer of the tracker has 17 bytes of peers, which is no row of addresses"
            ),
            ("le", "answer of the tracker is not a dictionary"),
            (
                String(repeating: "l", count: 500_000),
                "answer of the tracker is malformed: bencode nested deeper than 32 levels at byte 32"
            ),
            (
                "<html><body>404</body></html>",
                "answer of the tracker is malformed: unexpected byte '<' in bencode at byte 0"
            ),
        ]
    )
    func `rubbish is malformed`(body: String, reason: String) async throws {
        #expect(try await announce { _ in FixtureTracker.bencoded(body) }.outcome == .failure(.malformed(reason)))
    }

    @Test(arguments: [
        ("-1", 60), ("0", 60), ("9223372036854775807", 86_400), ("9223372036854775808", 1_800),
        ("-9223372036854775809", 1_800),
    ])
    func `the interval is held within a minute and a day`(interval: String, seconds: Int) async throws {
        let body = "d8:intervali\(interval)e12:min intervali\(interval)e5:peers0:e"
        #expect(try await announce { _ in FixtureTracker.bencoded(body) }.outcome.get().interval == seconds)
    }

    @Test func `a refusal in HTML is shown as text that harms no terminal`() async throws {
        let body = "d14:failure reason28:<script>a()</script>\u{1B}[2J\r\nbye"
        #expect(
            try await announce { _ in FixtureTracker.bencoded(body) }.outcome
                == .failure(.refused("<script>a()</script>\\u{1b}[2J\\u{d}\\u{a}by"))
        )
    }

    @Test func `a bad status with a reason is a refusal, and without one a status`() async throws {
        @Sendable func answer(_ body: String) -> String {
            "HTTP/1.1 403 No\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
        #expect(
            try await announce { _ in answer("d14:failure reason4:gonee") }.outcome == .failure(.refused("gone"))
        )
        #expect(try await announce { _ in answer("<html>") }.outcome == .failure(.status(403)))
    }

    @Test func `a login in the URL is sent as one, and the host by its name`() async throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let client = TrackerClient(
            group: MultiThreadedEventLoopGroup.singleton,
            lookup: HostLookup { _ in .success([loopback]) }
        )
        let message = AnnounceRequest(infoHash: try identity(1), peerID: try peer(1), port: 6881)
        try await FixtureTracker.with({ _ in FixtureTracker.bencoded("d8:intervali900e5:peers0:e") }) { tracker in
            let named = tracker.url.replacing("127.0.0.1", with: "tracker.example")
            let place = named.split(separator: "/")[1]
            _ = try await client.announce(to: named.replacing("tracker.", with: "us%65r:word@tracker."), message)
            let head = try #require(tracker.heads.first).lowercased()
            #expect(head.contains("\r\nauthorization: basic dxnlcjp3b3jk\r\n"), "\(head)")
            #expect(head.contains("\r\nhost: \(place)\r\n"), "\(head)")
        }
        try await client.shutdown()
    }
}
