import AnnounceDoors
import BusServices
import Hummingbird
import TrackerEngine
import TrackerStore

/// `GET /metrics`: the numbers of the tracker, this process, its answers and the suite, for Prometheus.
struct MetricsRoute: Sendable {
    let store: TrackerStore
    let swarms: Swarms
    let meter: HTTPMeter
    let events: EventHub
    let probe: SuiteProbe
    let version: String

    var routes: [Route] { [.get("/metrics", show, Self.operation)] }

    private static let operation = Operation(
        "metrics",
        .service,
        "Numbers for Prometheus",
        answers: [
            Answer(
                status: 200,
                meaning: "The text exposition format 0.0.4.",
                content: [Content(type: "text/plain", schema: .string)]
            )
        ]
    )

    @Sendable func show(_ request: Request, _ context: TrackerContext) async throws -> Response {
        var text = PrometheusText()
        describeProcess(in: &text)
        describeSwarms(in: &text)
        if let totals = try? await store.totals() {
            text.single("p2p_catalogue_torrents", .gauge, "Torrents in the catalogue.", Double(totals.torrents))
            text.single("p2p_catalogue_bytes", .gauge, "Payload of the catalogue.", Double(totals.bytes))
        }
        describeRequests(in: &text)
        await describeSuite(in: &text)
        return .bytes(Array(text.text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func describeProcess(in text: inout PrometheusText) {
        let usage = OwnUsage()
        text.family("p2p_build_info", .gauge, "The version of the program.")
        text.sample("p2p_build_info", [("version", version)], 1)
        text.single("process_cpu_seconds_total", .counter, "CPU time of tracker-api.", usage.cpuSeconds)
        text.single("process_resident_memory_bytes", .gauge, "Memory of tracker-api.", Double(usage.residentBytes))
        text.single("p2p_uptime_seconds", .gauge, "Since the start of tracker-api.", swarms.uptime / .seconds(1))
    }

    private func describeSwarms(in text: inout PrometheusText) {
        let numbers = swarms.stats()
        text.single("p2p_announces_total", .counter, "Announces by all doors.", Double(numbers.announces))
        text.single("p2p_scrapes_total", .counter, "Scrapes by all doors.", Double(numbers.scrapes))
        text.single("p2p_announce_rate", .gauge, "Announces a second, over the last minute.", numbers.announceRate)
        text.single("p2p_completed_total", .counter, "Downloads that ended.", Double(numbers.completed))
        text.single("p2p_peer_uploaded_bytes_total", .counter, "As peers reported.", Double(numbers.uploaded))
        text.single("p2p_peer_downloaded_bytes_total", .counter, "As peers reported.", Double(numbers.downloaded))
        text.family("p2p_peers", .gauge, "Peers of all swarms.")
        text.sample("p2p_peers", [("kind", "seeder")], Double(numbers.seeders))
        text.sample("p2p_peers", [("kind", "leecher")], Double(numbers.leechers))
        describeSizes(in: &text)
    }

    private func describeSizes(in text: inout PrometheusText) {
        let bounds = [0, 1, 10, 100, 1000, 10_000, 100_000]
        var within = [Int](repeating: 0, count: bounds.count)
        var (count, sum) = (0, 0)
        _ = swarms.infoHashes { counts in
            let size = counts.seeders + counts.leechers
            count += 1
            sum += size
            for (index, bound) in bounds.enumerated() where size <= bound { within[index] += 1 }
            return false
        }
        text.family("p2p_swarm_peers", .histogram, "Peers of each swarm.")
        for (bound, within) in zip(bounds, within) {
            text.sample("p2p_swarm_peers_bucket", [("le", "\(bound)")], Double(within))
        }
        text.sample("p2p_swarm_peers_bucket", [("le", "+Inf")], Double(count))
        text.sample("p2p_swarm_peers_sum", Double(sum))
        text.sample("p2p_swarm_peers_count", Double(count))
    }

    private func describeRequests(in text: inout PrometheusText) {
        let counts = meter.all
        func labels(_ key: HTTPMeter.Key) -> [(String, String)] {
            [("method", key.method), ("route", key.route), ("status", "\(key.status)")]
        }
        text.family("p2p_http_requests_total", .counter, "Requests that the router answered.")
        for (key, count) in counts { text.sample("p2p_http_requests_total", labels(key), Double(count.requests)) }
        text.family("p2p_http_seconds_total", .counter, "Time until the heads of their answers were ready.")
        for (key, count) in counts { text.sample("p2p_http_seconds_total", labels(key), count.time / .seconds(1)) }
        let events = events.counts
        text.single("p2p_event_clients", .gauge, "Clients of the event stream.", Double(events.clients))
        text.single("p2p_events_total", .counter, "Events of the stream.", Double(events.events))
        text.single("p2p_event_clients_dropped_total", .counter, "Those too slow.", Double(events.dropped))
    }

    private func describeSuite(in text: inout PrometheusText) async {
        let report = try? await probe.report().get()
        text.single("p2p_hub_up", .gauge, "Whether the hub answers.", report == nil ? 0 : 1)
        guard let report else { return }
        text.family("p2p_process_up", .gauge, "Whether a process of the suite is ready.")
        for process in report.processes {
            text.sample("p2p_process_up", [("process", "\(process.name)")], process.state == .ready ? 1 : 0)
        }
        text.family("p2p_process_restarts_total", .counter, "How often it was started again.")
        for process in report.processes {
            text.sample("p2p_process_restarts_total", [("process", "\(process.name)")], Double(process.restarts))
        }
        text.family("p2p_process_resident_bytes", .gauge, "Memory of a process.")
        for process in report.processes {
            text.sample("p2p_process_resident_bytes", [("process", "\(process.name)")], Double(process.residentBytes))
        }
        text.family("p2p_hash_jobs", .gauge, "Jobs for the hasher-workers.")
        text.sample("p2p_hash_jobs", [("state", "waiting")], Double(report.hashQueue.waiting))
        text.sample("p2p_hash_jobs", [("state", "running")], Double(report.hashQueue.running))
        text.single("p2p_hashed_bytes_total", .counter, "By all workers.", Double(report.hashQueue.bytesHashed))
    }
}
