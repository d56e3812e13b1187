import BitTorrentTypes
import DequeModule
import NIOCore
import PeerEngine
import PeerWire

/// One end of one connection.
struct LinkEnd: Hashable {
    let link: Int
    /// 0 for the side that dialled, 1 for the other.
    let side: Int

    var other: LinkEnd { LinkEnd(link: link, side: 1 - side) }
}

/// A connection: two streams of bytes that keep their order, each with the real decoder at its end.
final class VirtualLink {
    final class Side {
        let node: Int
        let key: PeerKey
        /// The engine of this side has not heard of an end.
        var isOpen = true

        // What comes in.
        var decoder: PeerFrameDecoder
        /// The block that is coming in, when it is wanted.
        var block: BlockRange?
        var isBlockWrong = false

        // What goes out.
        var outbox: Deque<BlockRange> = []
        /// When the last block that was sent has left.
        var freeAt = EngineTime.zero
        /// Nothing that is sent later arrives before.
        var lastArrival = EngineTime.zero

        init(node: Int, key: PeerKey, decoder: PeerFrameDecoder) {
            self.node = node
            self.key = key
            self.decoder = decoder
        }
    }

    let sides: [Side]
    let latency: Duration
    /// Of each direction.
    let bytesPerSecond: Int
    /// Nothing comes through any more, whether the ends know it or not.
    var isCut = false

    init(sides: [Side], latency: Duration, bytesPerSecond: Int) {
        self.sides = sides
        self.latency = latency
        self.bytesPerSecond = bytesPerSecond
    }
}

/// What the network between the nodes is like.
struct Weather {
    /// One way, in milliseconds, drawn for each connection.
    var latency = 5...5
    /// Bytes a second, drawn for each connection.
    var linkRate = 10_000_000...10_000_000
    /// The mean life of a connection; `nil` when none breaks by itself.
    var connectionLife: Duration?
    /// Of the connections that break, one in so many does it without a word: neither end is told.
    var silentDeaths: Int?
    /// One read in so many is cut in two; 0 for none.
    var cutReads = 16

    static let fair = Weather()
    /// Far and near, fast and slow, and connections that break every few minutes, some without a word.
    static let rough = Weather(
        latency: 2...180,
        linkRate: 60_000...2_000_000,
        connectionLife: .seconds(90),
        silentDeaths: 8
    )
}
