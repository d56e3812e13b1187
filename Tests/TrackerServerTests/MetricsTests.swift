import Testing

@testable import TrackerServer

@Suite struct `The metrics` {
    @Test func `count announces, peers and answers in lines that Prometheus reads`() async throws {
        try await RunningTracker.with { tracker async throws in
            _ = try await Client(id: "s", port: 1001, left: 0).announce(to: tracker)
            _ = try await tracker.get("/nothing/\(Client.hex)")
            _ = try await tracker.get("/api/tracker/peers/zz")
            let answer = try await tracker.get("/metrics")
            #expect(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            for line in [
                "p2p_announces_total 1", #"p2p_peers{kind="seeder"} 1"#, #"p2p_peers{kind="leecher"} 0"#,
                #"p2p_swarm_peers_bucket{le="1"} 1"#, #"p2p_swarm_peers_bucket{le="+Inf"} 1"#, "p2p_swarm_peers_sum 1",
                #"p2p_http_requests_total{method="GET",route="/api/tracker/peers/{info_hash}",status="400"} 1"#,
                #"p2p_http_requests_total{method="GET",route="NotFound",status="404"} 1"#, "p2p_hub_up 1",
                #"p2p_process_up{process="peer-node/1"} 1"#, #"p2p_build_info{version="test"} 1"#,
            ] {
                #expect(lines.contains(Substring(line)), "\(line)")
            }
            #expect(lines.contains { $0.hasPrefix("process_resident_memory_bytes ") && !$0.hasSuffix(" 0") })
            let sample = /[a-z_0-9]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? (-?[0-9.e+-]+|\+Inf|NaN)/
            for line in lines where !line.hasPrefix("#") { #expect(line.wholeMatch(of: sample) != nil, "\(line)") }
        }
    }

    @Test func `escape what a label holds`() {
        var text = PrometheusText()
        text.sample("a", [("b", "\\ \" \n")], 0.5)
        text.sample("c", 1e18)
        #expect(text.text == "a{b=\"\\\\ \\\" \\n\"} 0.5\nc 1e+18\n")
    }
}
