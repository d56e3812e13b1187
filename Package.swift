// swift-tools-version: 6.2

// The manifest is the map of the house: a row per target says in which room it lives and what it may import.
// `tools/check-map` holds every `import` line against these rows.

import PackageDescription

let package = Package(
    name: "p2p",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Vocabulary: the nouns of BitTorrent, pure values.
        library("Vocabulary", "BitTorrentTypes"),
        library("Vocabulary", "Bencode"),
        library("Vocabulary", "MerkleTree", ["BitTorrentTypes"], [.crypto]),
        library("Vocabulary", "Metainfo", ["BitTorrentTypes", "Bencode", "MerkleTree"], [.crypto]),

        // Protocols: bytes <-> values and state machines, no sockets.
        library("Protocols", "PeerWire", ["BitTorrentTypes", "Bencode"], [.nioCore, .crypto]),
        library("Protocols", "TrackerWire", ["BitTorrentTypes", "Bencode"]),

        // Hashing: many pieces at once.
        cLibrary("Hashing", "CHashKernels"),
        process("Hashing", "hash-bench", ["CHashKernels"], [.crypto]),
        cLibrary("Hashing", "CCachedRead"),
        library("Hashing", "PieceHashing", ["BitTorrentTypes", "MerkleTree", "CHashKernels", "CCachedRead"]),

        // Bus: how our processes talk.
        .systemLibrary(name: "CZeroMQ", path: "Sources/Bus/CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        library("Bus", "BusSchema", [], [.protobuf]),
        library("Bus", "BusTransport", ["BusSchema", "CZeroMQ"], [.protobuf, .deque, .heap]),
        library("Bus", "BusServices", ["BitTorrentTypes", "BusSchema", "BusTransport"], [.protobuf]),
        library("Bus", "ServiceShapes", ["BitTorrentTypes", "BusServices", "BusTransport"]),

        // ProcessRuntime: birth and death of a process, the same for each.
        cLibrary("ProcessRuntime", "CLinux"),
        library(
            "ProcessRuntime",
            "ProcessRuntime",
            ["BitTorrentTypes", "BusServices", "BusTransport", "CLinux"],
            [.logging, .yams]
        ),

        // Launcher.
        library(
            "Launcher",
            "MessageHub",
            ["BitTorrentTypes", "BusServices", "BusTransport"],
            [.crypto, .deque, .logging]
        ),
        library("Launcher", "Supervisor", ["BusServices", "BusTransport"], [.logging, .subprocess, .system]),
        process(
            "Launcher",
            "launcher",
            ["MessageHub", "Supervisor", "BusServices", "BusTransport", "ProcessRuntime"],
            [.argumentParser, .logging]
        ),

        // HasherWorker.
        process(
            "HasherWorker",
            "hasher-worker",
            ["BitTorrentTypes", "PieceHashing", "BusServices", "BusTransport", "ProcessRuntime"],
            [.argumentParser]
        ),

        // TrackerAPI.
        .systemLibrary(name: "CZlib", path: "Sources/TrackerAPI/CZlib", providers: [.apt(["zlib1g-dev"])]),
        library("TrackerAPI", "TrackerEngine", ["BitTorrentTypes", "TrackerWire"], [.deque]),
        cLibrary("TrackerAPI", "CDoorSockets"),
        process("TrackerAPI", "tracker-bench", ["BitTorrentTypes", "CDoorSockets"]),
        library("TrackerAPI", "AnnounceDoors", ["BitTorrentTypes", "TrackerWire", "TrackerEngine", "CDoorSockets"]),
        library("TrackerAPI", "TrackerStore", ["BitTorrentTypes", "Metainfo"], [.grdb]),
        library(
            "TrackerAPI",
            "TrackerServer",
            [
                "BitTorrentTypes", "Metainfo", "TrackerWire", "TrackerEngine", "AnnounceDoors", "TrackerStore",
                "BusServices", "BusTransport", "CLinux", "ServiceShapes", "CZlib",
            ],
            [.crypto, .deque, .hummingbird, .hummingbirdCore, .nioCore, .nioHTTP1, .nioPosix, .logging]
        ),
        process(
            "TrackerAPI",
            "tracker-api",
            ["TrackerServer", "TrackerStore", "BusServices", "BusTransport", "ProcessRuntime"],
            [.logging]
        ),

        // PeerNode.
        library("PeerNode", "PeerEngine", ["BitTorrentTypes", "PeerWire"], [.deque]),
        library("PeerNode", "PieceStore", ["BitTorrentTypes", "Metainfo", "CCachedRead", "CLinux"], [.grdb]),
        library(
            "PeerNode",
            "PeerNetworking",
            ["BitTorrentTypes", "PeerWire", "TrackerWire"],
            [.nioCore, .nioPosix, .nioHTTP1, .asyncHTTPClient, .deque, .logging]
        ),
        library(
            "PeerNode",
            "TorrentSessions",
            [
                "BitTorrentTypes", "Metainfo", "PeerWire", "TrackerWire", "PeerEngine", "PeerNetworking", "PieceStore",
                "BusServices", "BusTransport",
            ],
            [.nioCore, .nioPosix, .logging]
        ),
        process(
            "PeerNode",
            "peer-node",
            ["BitTorrentTypes", "PeerEngine", "TorrentSessions", "BusServices", "BusTransport", "ProcessRuntime"],
            [.argumentParser]
        ),

        // Control.
        library(
            "Control",
            "ControlCommands",
            [
                "BitTorrentTypes", "Bencode", "MerkleTree", "Metainfo", "PieceHashing", "BusServices", "BusTransport",
                "ServiceShapes", "ProcessRuntime", "CLinux",
            ],
            [.argumentParser, .asyncHTTPClient, .nioCore, .nioHTTP1]
        ),
        process("Control", "p2pctl", ["ControlCommands"]),

        // Tests: one target per library, then the suite as real processes.
        tests("BitTorrentTypes"),
        tests("Bencode", ["SeededRandom"]),
        tests("MerkleTree", ["BitTorrentTypes"], [.crypto]),
        tests("Metainfo", ["BitTorrentTypes", "Bencode", "MerkleTree", "SeededRandom"], [.crypto]),
        tests("PeerWire", ["BitTorrentTypes", "Bencode"], [.nioCore]),
        tests("TrackerWire", ["BitTorrentTypes", "Bencode"]),
        tests("CHashKernels", ["SeededRandom"], [.crypto]),
        tests("PieceHashing", ["BitTorrentTypes", "SeededRandom"], [.crypto]),
        tests("BusTransport"),
        tests("BusServices", ["BitTorrentTypes", "BusTransport"]),
        tests("ServiceShapes"),
        tests("ProcessRuntime", ["BusServices", "BusTransport"], [.logging]),
        tests(
            "MessageHub",
            ["BitTorrentTypes", "BusServices", "BusTransport", "SeededRandom"],
            [.crypto, .logging]
        ),
        tests("Supervisor", ["BusServices", "BusTransport"], [.logging]),
        tests("TrackerEngine", ["BitTorrentTypes", "TrackerWire", "SeededRandom", "AllocationCount"]),
        tests("AnnounceDoors", ["BitTorrentTypes"]),
        tests("TrackerStore", ["BitTorrentTypes", "Metainfo"], [.grdb]),
        tests(
            "TrackerServer",
            [
                "BitTorrentTypes", "Bencode", "Metainfo", "TrackerWire", "TrackerEngine", "AnnounceDoors",
                "TrackerStore",
                "BusServices", "BusTransport", "PieceHashing", "ServiceShapes",
            ],
            [.crypto, .logging, .nioCore]
        ),
        tests("PeerEngine", ["BitTorrentTypes", "PeerWire"]),
        tests("PieceStore", ["BitTorrentTypes", "Metainfo"], [.grdb]),
        tests(
            "PeerNetworking",
            ["BitTorrentTypes", "PeerWire", "TrackerWire"],
            [.nioCore, .nioPosix, .nioEmbedded, .logging]
        ),
        tests(
            "TorrentSessions",
            [
                "BitTorrentTypes", "MerkleTree", "Metainfo", "PeerEngine", "PeerWire", "PieceStore", "BusServices",
                "BusTransport", "PieceHashing",
            ],
            [.logging, .nioCore, .nioPosix]
        ),
        tests(
            "ControlCommands",
            [
                "BitTorrentTypes", "Bencode", "Metainfo", "BusServices", "BusTransport", "ServiceShapes",
                "ProcessRuntime",
            ],
            [.argumentParser]
        ),
        .testTarget(
            name: "SwarmSimulation",
            dependencies: [
                "BitTorrentTypes", "PeerWire", "PeerEngine", "SeededRandom", Outside.nioCore.product,
                Outside.deque.product, Outside.heap.product,
            ],
            path: "Tests/SwarmSimulation",
            swiftSettings: strictSettings()
        ),
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strictSettings()),
        .target(name: "AllocationCount", path: "Tests/AllocationCount"),
        .target(
            name: "RunningSuite",
            dependencies: ["SeededRandom", Outside.subprocess.product, Outside.system.product],
            path: "Tests/RunningSuite",
            swiftSettings: strictSettings()
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: ["RunningSuite", "SeededRandom"],
            path: "Tests/SystemTests",
            swiftSettings: strictSettings()
        ),
        .testTarget(
            name: "InteropTests",
            dependencies: ["RunningSuite", "SeededRandom"],
            path: "Tests/InteropTests",
            swiftSettings: strictSettings()
        ),
    ],
    swiftLanguageModes: [.v6]
)

// MARK: - One line a target

/// A library of a room: `Sources/<room>/<name>`.
func library(_ room: String, _ name: String, _ own: [String] = [], _ outside: [Outside] = []) -> Target {
    .target(
        name: name,
        dependencies: own.map { .byName(name: $0) } + outside.map(\.product),
        path: "Sources/\(room)/\(name)",
        swiftSettings: strictSettings()
    )
}

/// C of our own: optimised in debug builds too, where hashing would otherwise be the slowest part of every test.
func cLibrary(_ room: String, _ name: String) -> Target {
    .target(name: name, path: "Sources/\(room)/\(name)", cSettings: [.unsafeFlags(["-O3"])])
}

/// A process: a thin executable in the folder of its room.
func process(_ room: String, _ name: String, _ own: [String], _ outside: [Outside] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: own.map { .byName(name: $0) } + outside.map(\.product),
        path: "Sources/\(room)/\(name)",
        swiftSettings: strictSettings()
    )
}

/// The tests of one library: `Tests/<name>Tests`.
func tests(_ name: String, _ own: [String] = [], _ outside: [Outside] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: ([name] + own).map { .byName(name: $0) } + outside.map(\.product),
        path: "Tests/\(name)Tests",
        swiftSettings: strictSettings()
    )
}

/// Warnings are errors everywhere; imports say what they are.
func strictSettings() -> [SwiftSetting] {
    [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}

/// The outside modules, by the name the rows use.
struct Outside {
    var product: Target.Dependency

    static let argumentParser = Outside("ArgumentParser", "swift-argument-parser")
    static let asyncHTTPClient = Outside("AsyncHTTPClient", "async-http-client")
    static let crypto = Outside("Crypto", "swift-crypto")
    static let deque = Outside("DequeModule", "swift-collections")
    static let grdb = Outside("GRDB", "GRDB.swift")
    static let heap = Outside("HeapModule", "swift-collections")
    static let hummingbird = Outside("Hummingbird", "hummingbird")
    static let hummingbirdCore = Outside("HummingbirdCore", "hummingbird")
    static let logging = Outside("Logging", "swift-log")
    static let nioCore = Outside("NIOCore", "swift-nio")
    static let nioEmbedded = Outside("NIOEmbedded", "swift-nio")
    static let nioHTTP1 = Outside("NIOHTTP1", "swift-nio")
    static let nioPosix = Outside("NIOPosix", "swift-nio")
    static let protobuf = Outside("SwiftProtobuf", "swift-protobuf")
    static let subprocess = Outside("Subprocess", "swift-subprocess")
    static let system = Outside("SystemPackage", "swift-system")
    static let yams = Outside("Yams", "Yams")

    init(_ product: String, _ package: String) {
        self.product = .product(name: product, package: package)
    }
}
