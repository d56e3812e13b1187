package import BitTorrentTypes

/// What a user can choose; each value has a default, and ``SettingKey/all`` says what it means.
package struct Settings: Hashable, Sendable {
    package var tracker = Tracker()
    package var peer = Peer()
    package var hasher = Hasher()
    package var storage = Storage()
    package var limits = Limits()
    package var queue = Queue()
    package var seeding = Seeding()
    package var log = Log()

    /// The defaults.
    package init() {}

    package struct Tracker: Hashable, Sendable {
        package var mode = Mode.open
        package var interval = Duration.seconds(1800)
        package var http = Door(host: "127.0.0.1", port: 8000)
        /// Origins of other sites whose pages may call the interface.
        package var cors: [String] = []
        package var udp = UDP()
        /// Threads for announces and scrapes; `nil`: what is best on this machine.
        package var loops: Int?
        /// Of one address, a second; `nil` when not limited.
        package var requests: Int?
        /// Addresses and networks.
        package var trusted: [String] = []
        package var proxies: [String] = []
        package var lists = "lists"

        /// Whose torrents a tracker takes announces for.
        package enum Mode: String, CaseIterable, Sendable {
            /// Any info-hash.
            case open
            /// Only what is in the catalogue.
            case listed
            /// The same, and only clients with a passkey.
            case `private`
        }

        package struct UDP: Hashable, Sendable {
            package var port: UInt16 = 6969
        }
    }

    /// An address to listen on; port 0 is any free one.
    package struct Door: Hashable, Sendable {
        package var host: String
        package var port: UInt16
    }

    /// One port at several addresses.
    package struct Doors: Hashable, Sendable {
        package var hosts: [String]
        package var port: UInt16
    }

    package struct Peer: Hashable, Sendable {
        package var nodes = 1
        /// `nil`: one for each core.
        package var loops: Int?
        package var listen = Doors(hosts: ["127.0.0.1", "::1"], port: 6881)
        package var connections = Connections()
        package var uploads = Uploads()

        package struct Connections: Hashable, Sendable {
            package var torrent = 200
            /// Of each peer-node, dials under way included.
            package var node = 2_000
            /// Dials under way, of each peer-node.
            package var dials = 100
            package var address = Sharing.one

            /// How many peers of a torrent may be behind one IP address.
            package enum Sharing: String, CaseIterable, Sendable {
                case one, several
            }
        }

        package struct Uploads: Hashable, Sendable {
            /// Of each torrent.
            package var slots = 8
            package var choking = Choking.fastest

            /// Whom a seeder serves.
            package enum Choking: String, CaseIterable, Sendable {
                case fastest
                case roundRobin = "round-robin"
                case antiLeech = "anti-leech"
            }
        }
    }

    package struct Hasher: Hashable, Sendable {
        /// `nil`: one for each core.
        package var workers: Int?
    }

    /// Folders; a relative one lies in the home folder.
    package struct Storage: Hashable, Sendable {
        package var downloads = "downloads"
        package var uploads = "uploads"
        package var preallocation = Preallocation.full
        /// Of all uploads, in bytes; `nil` when not limited.
        package var quota: Int?
        /// Absolute.
        package var shareable: [String] = []

        package enum Preallocation: String, CaseIterable, Sendable {
            case sparse, full
        }
    }

    /// Of the whole suite: each of its peer-nodes gets an equal part.
    package struct Limits: Hashable, Sendable {
        package var down = RateLimit.unlimited
        package var up = RateLimit.unlimited
        package var alternative = Alternative()

        package struct Alternative: Hashable, Sendable {
            package var down = RateLimit.bytesPerSecond(100 << 10)
            package var up = RateLimit.bytesPerSecond(50 << 10)
            package var schedule = SpeedSchedule()
        }
    }

    /// Of each peer-node; `nil` when not limited.
    package struct Queue: Hashable, Sendable {
        package var downloads: Int?
        package var seeds: Int?
    }

    /// `nil` when not limited.
    package struct Seeding: Hashable, Sendable {
        package var ratio: Double?
        /// In minutes.
        package var minutes: Int?
    }

    package struct Log: Hashable, Sendable {
        package var level = Level.info

        /// The levels of swift-log.
        package enum Level: String, CaseIterable, Sendable {
            case trace, debug, info, notice, warning, error, critical
        }
    }
}
