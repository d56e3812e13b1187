import BitTorrentTypes
import CDoorSockets
import Glibc

/// `tracker-bench`: loads a tracker with announces and says what came back, as one line of JSON.
///
///     tracker-bench udp  port=6969 seconds=5 torrents=1000 flight=64 numwant=50 [rate=10000] [rubbish=100000]
///     tracker-bench http port=8000 seconds=5 torrents=1000 flight=32 numwant=50 keep=1 [threads=2] [rate=10000]
///     tracker-bench fill port=6969 torrents=10000 peers=1000000
///     tracker-bench hashes torrents=1000                  the info-hashes, for trackers that want a list
///
/// `flight` questions are on their way at any time, or as many as `rate` a second ask for. Each announce is a random peer
/// (port and id) of a random torrent. `rubbish` datagrams a second go beside them from another socket. Each of `threads`
/// has a flight and a rate of its own: a connection costs its client more than the tracker, which one cannot fill.
@main
struct Main {
    static func main() async {
        var words = CommandLine.arguments.dropFirst()
        let mode = words.popFirst() ?? ""
        var load = Load()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[1]), load.set(String(parts[0]), number) else {
                fail("\(word) is no argument of this program")
            }
        }
        switch mode {
        case "udp":
            var udp = UDPLoad(load)
            print(udp.run().json)
        case "http": print(await HTTPLoad.run(load).json)
        case "fill":
            var udp = UDPLoad(load)
            print(udp.fill().json)
        case "hashes":
            for number in 0..<load.torrents { print(Hexadecimal.encode(torrentBytes(number))) }
        default: fail("say udp, http, fill or hashes")
        }
    }

    static func fail(_ reason: String) -> Never {
        let line = Array("tracker-bench: \(reason)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        exit(64)
    }
}

/// What is asked for.
struct Load: Sendable {
    var port = 6969
    var seconds = 5
    var torrents = 1_000
    var flight = 64
    var numwant = 50
    var peers = 0
    var keep = 1
    /// Questions a second; 0: as fast as they are answered.
    var rate = 0
    var rubbish = 0
    var seed = 1
    var threads = 1

    mutating func set(_ name: String, _ number: Int) -> Bool {
        switch name {
        case "port": port = number
        case "seconds": seconds = number
        case "torrents": torrents = number
        case "flight": flight = number
        case "numwant": numwant = number
        case "peers": peers = number
        case "keep": keep = number
        case "rate": rate = number
        case "rubbish": rubbish = number
        case "seed": seed = number
        case "threads": threads = number
        default: return false
        }
        return true
    }
}

/// What came back.
struct Outcome: Sendable {
    var answers = 0
    var asked = 0
    var bytes = 0
    var seconds = 0.0
    /// Nanoseconds of each answer, or of a sample of them.
    var waits: [UInt32] = []

    /// Takes in what came back beside it, over the same time.
    mutating func add(_ other: Outcome) {
        answers += other.answers
        asked += other.asked
        bytes += other.bytes
        seconds = max(seconds, other.seconds)
        waits += other.waits
    }

    var json: String {
        let sorted = waits.sorted()
        func wait(_ part: Double) -> Double {
            sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) / 1_000
        }
        let each = answers == 0 ? 0 : bytes / answers
        return """
            {"answers": \(answers), "asked": \(asked), "seconds": \(seconds), "rate": \(Double(answers) / max(seconds, 1e-9)), \
            "bytes_each": \(each), "p50_us": \(wait(0.5)), "p99_us": \(wait(0.99)), "max_us": \(wait(1))}
            """
    }
}

/// Nanoseconds since any moment.
func clockNow() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// xorshift64*: the load must not cost more than what it loads.
struct Dice {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ bound: Int) -> Int { Int(((next() >> 32) &* UInt64(bound)) >> 32) }
}

/// The info-hash of torrent number `number`: twenty bytes drawn with it as the seed.
func torrentBytes(_ number: Int) -> [UInt8] {
    var dice = Dice(number + 1)
    return (0..<20).map { _ in UInt8(truncatingIfNeeded: dice.next() >> 32) }
}
