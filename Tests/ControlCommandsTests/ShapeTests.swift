import BitTorrentTypes
import BusServices
import BusTransport
import ServiceShapes
import Testing

@testable import ControlCommands

/// The keys that scripts rely on, in their order.
@Suite struct `JSON shapes` {
    private func keys(_ value: JSONValue) -> [String] {
        guard case .object(let fields) = value else { return [] }
        return fields.map(\.key)
    }

    private func torrent() throws -> TorrentSummary {
        var torrent = TorrentSummary(
            infoHash: try #require(InfoHash(hex: String(repeating: "ab", count: 20))),
            name: Array("film.mkv".utf8),
            state: .downloading,
            size: 1000,
            pieceLength: 500,
            pieces: 2,
            node: "peer-node/1",
            path: Array("/d/film.mkv".utf8),
            addedAt: 7
        )
        torrent.verifiedBytes = 500
        torrent.wantedBytes = 1000
        torrent.wantedVerifiedBytes = 500
        torrent.downRate = 100
        torrent.etaSeconds = 5
        return torrent
    }

    @Test func `of a torrent`() throws {
        let json = try torrent().json
        #expect(
            keys(json).prefix(16) == [
                "id", "name", "state", "progress", "size", "downloaded", "uploaded", "down_rate", "up_rate", "eta_s",
                "peers", "seeds", "ratio", "node", "path", "error",
            ]
        )
        #expect(json.encoded.contains(#""state":"downloading","progress":0.5,"size":1000"#))
        #expect(json.encoded.contains(#""eta_s":5"#))
    }

    @Test func `of a process`() {
        let json = ProcessReport(name: ProcessName(role: .peerNode, number: 2), state: .ready).json
        #expect(
            keys(json).prefix(9) == [
                "name", "role", "pid", "epoch", "state", "restarts", "cpu_seconds", "rss_bytes", "uptime_s",
            ]
        )
        #expect(json.encoded.hasPrefix(#"{"name":"peer-node/2","role":"peer-node","pid":0,"epoch":0,"state":"ready""#))
    }

    @Test func `of the suite`() {
        var tracker = ProcessReport(name: ProcessName(role: .trackerAPI, number: 1), state: .ready)
        tracker.endpoints = Endpoints(
            httpURL: "http://127.0.0.1:8000",
            announceURL: "http://127.0.0.1:8000/announce"
        )
        var node = ProcessReport(name: ProcessName(role: .peerNode, number: 1), state: .ready)
        node.endpoints.peerPort = 6881
        node.load = 3
        let report = SuiteReport(
            version: "0.1",
            home: Array("/h".utf8),
            launcherPID: 9,
            uptimeSeconds: 1,
            processes: [tracker, node],
            hashQueue: HashQueueReport()
        )
        #expect(
            keys(report.json).prefix(7) == [
                "version", "home", "http_url", "udp_url", "tracker_announce_url", "processes", "nodes",
            ]
        )
        #expect(report.json.encoded.contains(#""nodes":[{"name":"peer-node/1","listen_port":6881,"torrents":3}]"#))
        #expect(report.json.encoded.contains(#""http_url":"http://127.0.0.1:8000","udp_url":null"#))
    }

    @Test func `of a hash job`() {
        let task = HashTask(id: "x", kind: .recheck, name: Array("album".utf8), bytesTotal: 4 << 30)
        var status = HashTaskStatus(number: 3, task: task, requester: "peer-node/1", state: .running)
        status.bytesDone = 1 << 30
        status.rate = Double(1 << 30)
        status.workers = ["hasher-worker/1", "hasher-worker/2"]
        #expect(
            keys(status.json).prefix(10) == [
                "job", "kind", "name", "state", "progress", "bytes_done", "bytes_total", "rate", "eta_s", "seconds",
            ]
        )
        #expect(status.json.encoded.contains(#""eta_s":3,"#))
        #expect(status.line == "job 3 recheck album: running, 25 % of 4.0 GiB, 1.0 GiB/s, ETA 0:03")
        #expect(
            HashTaskStatus.table([status]).lines(width: nil) == [
                "NAME   JOB  KIND     STATE    DONE     SIZE       RATE   ETA  WORKERS                          FOR",
                "album    3  recheck  running  25 %  4.0 GiB  1.0 GiB/s  0:03  hasher-worker/1 hasher-worker/2  peer-node/1",
            ]
        )
    }

    @Test func `of events`() throws {
        let update = SuiteUpdate.event(
            .torrentChanged(try torrent()),
            sequence: 4,
            source: "peer-node/1",
            timeMilliseconds: 0
        )
        #expect(keys(update.json) == ["topic", "sequence", "source", "time_ms", "event", "torrent"])
        #expect(update.line.hasPrefix("1970-01-01T00:00:00.000Z  peer-node/1      torrent abababab film.mkv"))
    }

    @Test(arguments: [
        (BusFault.Code.notFound, ControlCommands.ExitStatus.notFound), (.refused, .refused),
        (.unavailable, .notRunning),
        (.deadlineExceeded, .notRunning), (.failed, .failed), (.overloaded, .failed), (.cancelled, .interrupted),
    ])
    func `faults of the bus become exit statuses`(code: BusFault.Code, status: ControlCommands.ExitStatus) {
        #expect(CommandFailure(BusFault(code, "x")).status == status)
    }
}
