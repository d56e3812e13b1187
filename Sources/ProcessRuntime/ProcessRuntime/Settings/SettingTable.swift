import BitTorrentTypes

extension SettingKey {
    /// Every key there is, in the order of the configuration file.
    package static let all: [SettingKey] = [
        choice(
            "tracker.mode",
            \.tracker.mode,
            "Whose torrents the tracker takes announces for: open (any), listed (those in the catalogue and in",
            "lists/torrents.allow), or private (those, of clients whose URL has a passkey: http://…/PASSKEY/announce;",
            "a scrape over UDP has no place for one and is refused)."
        ),
        seconds(
            "tracker.interval",
            \.tracker.interval,
            in: 60...86_400,
            "How often peers are asked to announce themselves again, in seconds."
        ),
        loopback(
            "tracker.http.host",
            \.tracker.http.host,
            "Where the tracker, its interface for programs and the web console listen."
        ),
        port("tracker.http.port", \.tracker.http.port, "0 takes any free port; `p2pctl status` shows which."),
        origins(
            "tracker.http.cors",
            \.tracker.cors,
            "Web sites whose pages may use the interface for programs (CORS); off is none but the tracker's own."
        ),
        port(
            "tracker.udp.port",
            \.tracker.udp.port,
            "The UDP tracker (BEP 15), at the same address. When the port is taken, any free one is;",
            "`p2pctl status` shows which."
        ),
        countOrAuto(
            "tracker.loops",
            \.tracker.loops,
            in: 1...64,
            "How many threads answer announces and scrapes; auto is one, which serves some hundred thousand a second."
        ),
        countOrOff(
            "tracker.requests",
            \.tracker.requests,
            in: 1...1_000_000,
            "How many announces and scrapes a second one address may send (ten seconds' worth at once after a pause; an",
            "IPv6 network of 64 bits counts as one). More are refused over HTTP and get no answer over UDP. off: no limit."
        ),
        networks(
            "tracker.trusted",
            \.tracker.trusted,
            "Who may name another address as its own (ip= of an announce): none, or addresses and networks with commas."
        ),
        networks(
            "tracker.proxies",
            \.tracker.proxies,
            "Whose X-Forwarded-For is believed, likewise: the proxies in front of the tracker."
        ),
        folder(
            "tracker.lists",
            \.tracker.lists,
            "The folder of torrents.allow, torrents.deny, addresses.allow, addresses.deny and passkeys: one entry a line,",
            "read anew when a file changes."
        ),
        count("peer.nodes", \.peer.nodes, in: 0...64, "How many peer-nodes run. Each seeds and downloads on its own."),
        countOrAuto(
            "peer.loops",
            \.peer.loops,
            in: 1...256,
            "How many threads a peer-node has for its torrents; each torrent stays on one. auto is one for each core."
        ),
        addresses(
            "peer.listen.host",
            \.peer.listen.hosts,
            "Where peer-nodes take connections of other BitTorrent clients, and so also of which kind of address",
            "trackers hear. Only this machine as it stands; \"0.0.0.0, ::\" is everybody, over IPv4 and IPv6."
        ),
        port(
            "peer.listen.port",
            \.peer.listen.port,
            "The first port to try; when it is taken, the next eight are, then any. 0 takes any free port."
        ),
        count(
            "peer.connections.torrent",
            \.peer.connections.torrent,
            in: 1...10_000,
            "How many peers a torrent may be connected with; `p2pctl configure ID --connections` says it for one torrent."
        ),
        count(
            "peer.connections.node",
            \.peer.connections.node,
            in: 1...100_000,
            "How many peers all torrents of a peer-node may be connected with, those included that are being dialled."
        ),
        count(
            "peer.connections.dials",
            \.peer.connections.dials,
            in: 1...10_000,
            "How many peers a peer-node dials at the same time (half-open connections)."
        ),
        choice(
            "peer.connections.address",
            \.peer.connections.address,
            "How many peers of a torrent may come from one IP address: one, or several (a household, a shared seedbox).",
            "From this machine always several may."
        ),
        count(
            "peer.uploads.slots",
            \.peer.uploads.slots,
            in: 1...1000,
            "How many peers a torrent uploads to at once, beside the one that is drawn by lot;",
            "`p2pctl configure ID --upload-slots` says it for one torrent."
        ),
        choice(
            "peer.uploads.choking",
            \.peer.uploads.choking,
            "Whom a seeder serves: fastest (who takes most), round-robin (everybody in turns), or anti-leech (who has",
            "hardly anything or nearly everything)."
        ),
        countOrAuto(
            "hasher.workers",
            \.hasher.workers,
            in: 0...256,
            "How many hasher-workers run; auto is one for each core."
        ),
        folder(
            "storage.downloads",
            \.storage.downloads,
            "Where downloads go when nothing else is said; a relative folder lies in the home folder."
        ),
        folder("storage.uploads", \.storage.uploads, "Where files uploaded to the tracker are kept."),
        choice(
            "storage.preallocation",
            \.storage.preallocation,
            "When files get their place on the disk: full (all at once, if the file system need not write for it) or sparse",
            "(with each block that comes)."
        ),
        sizeOrOff("storage.quota", \.storage.quota, "How much all uploads to the tracker may take together."),
        folders(
            "storage.shareable",
            \.storage.shareable,
            "Folders of this machine whose files programs on it may have seeded through the tracker, with commas between",
            "them; none when empty. Name only what everybody may read."
        ),
        rate(
            "limits.down",
            \.limits.down,
            "How fast the suite downloads: off (no limit), or bytes a second such as 500KiB or 2MiB.",
            "Each peer-node gets an equal part of it. `p2pctl limit` changes it while the suite runs, and is kept."
        ),
        rate("limits.up", \.limits.up, "How fast the suite uploads, likewise."),
        rate(
            "limits.alternative.down",
            \.limits.alternative.down,
            "Speeds that hold instead while they are switched on: by `p2pctl limit --alternative on`, or by the clock."
        ),
        rate("limits.alternative.up", \.limits.alternative.up),
        timeOfDay(
            "limits.alternative.from",
            \.limits.alternative.schedule.from,
            "From when to when, local time; the same twice is never. A night belongs to the day on which it begins."
        ),
        timeOfDay("limits.alternative.to", \.limits.alternative.schedule.to),
        days(
            "limits.alternative.days",
            \.limits.alternative.schedule.days,
            "On which days: daily, mon-fri, or sat,sun."
        ),
        countOrOff(
            "queue.downloads",
            \.queue.downloads,
            in: 0...100_000,
            "How many torrents a peer-node downloads at once; the others wait. One on which nothing moves does not count."
        ),
        countOrOff("queue.seeds", \.queue.seeds, in: 0...100_000, "How many it seeds at once, likewise."),
        ratio(
            "seeding.ratio",
            \.seeding.ratio,
            "A torrent is finished when it has uploaded so many times what it downloaded; off: it is seeded for ever."
        ),
        countOrOff(
            "seeding.minutes",
            \.seeding.minutes,
            in: 0...10_000_000,
            "A torrent is finished when it has been seeded for so many minutes."
        ),
        choice(
            "log.level",
            \.log.level,
            "The least important lines that are still written:",
            "trace, debug, info, notice, warning, error or critical."
        ),
    ]
}
