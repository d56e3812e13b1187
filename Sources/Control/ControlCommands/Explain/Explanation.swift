import BusServices

/// Why a torrent stands where it stands: findings, the most likely first.
struct Explanation: Hashable {
    /// What keeps a torrent from going on, or that nothing does; the names are what scripts see.
    enum Reason: String, CaseIterable, Hashable {
        case error, missing, paused, queued, finished, checking, complete, progressing, limited, connecting, choked
        case announcing, waiting
        case diskFull = "disk_full"
        case noWorkers = "no_workers"
        case noTrackers = "no_trackers"
        case trackersFailing = "trackers_failing"
        case noPeers = "no_peers"
        case peersUnreachable = "peers_unreachable"
        case peersLeft = "peers_left"
        case nothingNew = "nothing_new"
        case unavailable
        case silentPeers = "silent_peers"
        case moving
        case moveFailed = "move_failed"
        case connectionsFull = "connections_full"
        case superSeeding = "super_seeding"
        case partial
        case badData = "bad_data"
        case late
    }

    struct Finding: Hashable {
        let reason: Reason
        /// One sentence.
        let text: String
        /// What to do; empty when there is nothing to do.
        var advice = ""
    }

    let findings: [Finding]

    /// The most likely reason.
    var first: Finding { findings.first ?? Finding(reason: .waiting, text: "nothing is known of it yet") }
}

/// All that is looked at to explain a torrent.
struct TorrentFacts: Hashable {
    var detail: TorrentDetail
    /// `nil` when nobody could be asked.
    var readyWorkers: Int?
    /// What the torrents of the node share; `nil` when it could not be asked.
    var limits: NodeLimits?
}
