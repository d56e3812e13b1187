import Foundation
import Glibc
import Testing

@testable import TrackerServer

/// - Source: row 168 of the list of bad inputs, fault F25.
@Suite struct `Pages that only listen` {
    private static let kibibyte = 1 << 10

    /// Memory of this process in RAM, in bytes.
    private func resident() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(pages[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private func listen(to tracker: RunningTracker) throws -> SilentSocket {
        let socket = try SilentSocket(host: tracker.host, port: tracker.port)
        socket.send(tracker.request("GET", "/api/v1/events?topics=process")[...])
        return socket
    }

    @Test func `are taken up to a number, cost little, and the next is told so`() async throws {
        try await RunningTracker.with { tracker async throws in
            let news = tracker.server.catalogue.news
            var pages: [SilentSocket] = []
            func join(_ count: Int) async throws {
                for _ in 0..<count { pages.append(try listen(to: tracker)) }
                let all = pages.count
                try #require(try await comesTrue { news.counts.clients == all })
            }
            // Threads and pools first.
            try await join(24)
            let before = try resident()
            try await join(EventHub.maximumClients - 24)
            let each = (try resident() - before) / (EventHub.maximumClients - 24)
            print("a page that listens costs \(each >> 10) KiB")
            #expect(each <= 64 * Self.kibibyte)

            let refused = try await tracker.get("/api/v1/events")
            #expect(refused.status == 503)
            #expect(refused.header("content-type") == "application/problem+json")
            #expect(try refused.json["detail"] as? String == "1024 pages listen already.")
            // Everything else is served.
            #expect(try await Client().announce(to: tracker).refusal == nil)
            #expect(try await tracker.get("/health").status == 200)
            // Who leaves makes room.
            pages.removeLast(10)
            #expect(try await comesTrue { news.counts.clients == EventHub.maximumClients - 10 })
            try await join(10)
            #expect(news.counts.dropped == 0)
        }
    }

    /// Whether something that no event tells of comes true within half a minute.
    private func comesTrue(_ condition: () -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(30)
        while !condition(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        return condition()
    }
}

/// - Source: fault F25.
@Suite struct `Connections past the limit` {
    @Test func `are closed at once, and those before them served`() async throws {
        try await RunningTracker.with(change: { $0.connections = 50 }) { tracker async throws in
            let request = "GET /announce?\(Client().query) HTTP/1.1\r\n\r\n"
            let taken = try (0..<50).map { _ in try SilentSocket(host: tracker.host, port: tracker.port) }
            for socket in taken {
                socket.send(request[...])
                #expect(try await socket.next().isEmpty == false)
            }
            for _ in 0..<20 {
                let late = try SilentSocket(host: tracker.host, port: tracker.port)
                #expect(try await late.isClosed())
            }
            for socket in taken {
                socket.send(request[...])
                #expect(try await socket.next().isEmpty == false)
            }
        }
    }
}
