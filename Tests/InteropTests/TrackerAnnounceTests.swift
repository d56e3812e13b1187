import Foundation
import RunningSuite
import Testing

/// Our tracker as foreign clients meet it: each has all of a torrent, announces it over UDP or HTTP, IPv4 or IPv6, and is
/// then known as a seeder under its own name.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct `Foreign clients announce to our tracker` {
    @Test(arguments: TrackerWay.all)
    func `our own node`(way: TrackerWay) async throws {
        try await way.toTracker { suite, torrent in
            try await suite.succeed("add", torrent.placement.torrent, "--to", torrent.placement.folder)
            try await torrent.untilSeeded(by: "p2p")
            let trackers = try await suite.succeed("trackers", "file.bin", "--json").jsonLines
            #expect(trackers.first?["status"].string == "working")
        }
    }

    @Test(
        .enabled(if: Aria2.missing == nil, "aria2c is not installed: tools/setup --tests"),
        arguments: TrackerWay.withoutUDPOverSix
    )
    func aria2(way: TrackerWay) async throws {
        try await way.toTracker { suite, torrent in
            var options = way.host == "::1" ? ["--disable-ipv6=false"] : []
            // Its UDP trackers go through the socket of its DHT, which finds nobody here.
            if way.scheme == "udp" {
                let file = suite.scratch("dht.dat")
                options += ["--enable-dht=true", "--dht-listen-port=22000-22999", "--dht-file-path=\(file)"]
            }
            try await Aria2.with([torrent.placement], options, scratch: suite.scratch) { _ in
                try await torrent.untilSeeded(by: "aria2")
            }
        }
    }

    @Test(
        .enabled(if: Libtorrent.missing == nil, "libtorrent is not installed: tools/setup --tests"),
        arguments: TrackerWay.all
    )
    func libtorrent(way: TrackerWay) async throws {
        try await way.toTracker { _, torrent in
            try await Libtorrent.with(Libtorrent.settings(at: way.host)) { client in
                try await client.add(torrent.placement)
                try await torrent.untilSeeded(by: "libtorrent")
            }
        }
    }
}

/// Transmission listens at fixed ports, so it has a network for itself; and is an address of its own there.
@Suite(
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled("no network namespaces here: they need root or user namespaces, and iproute2") {
        await PrivateNetwork.isAvailable()
    },
    .enabled(if: Transmission.missing == nil, "transmission-daemon is not installed: tools/setup --tests")
)
struct `Transmission announces to our tracker` {
    @Test(arguments: ["http", "udp"])
    func `over IPv4`(scheme: String) async throws {
        try await PrivateNetwork.with { network in
            let settings = ["tracker.udp.port=0", "peer.listen.host=\(PrivateNetwork.ours)"]
            try await RunningSuite.with(settings: settings, network: network) { suite in
                let tracked = try await TrackerWay.TrackedTorrent(in: suite, scheme: scheme, host: Transmission.address)
                try await Transmission.with([tracked.placement], in: network, scratch: suite.scratch) { _ in
                    try await eventually("the tracker knows Transmission as a seeder") {
                        try await suite.trackedPeers(of: tracked.infoHash).contains {
                            $0["left"].int == 0 && $0["client"].string?.hasPrefix("Transmission") == true
                        }
                    }
                }
            }
        }
    }
}
