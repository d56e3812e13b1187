import NIOCore
import NIOPosix
import Synchronization

/// The event loops of a node: torrents are spread over them in turn, and each stays where it is.
///
/// The state of a torrent has one owner and needs no lock; a slow disk or a busy swarm delays only the torrents of its
/// own loop.
final class EventLoops: Sendable {
    private let group: MultiThreadedEventLoopGroup
    let all: [any EventLoop]
    private let turn = Atomic(0)

    /// `count` threads, at least one; one for each core when it is `nil`.
    init(_ count: Int?) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count ?? System.coreCount))
        all = Array(group.makeIterator())
    }

    /// Takes the connections that come in.
    var accepting: any EventLoop { all[0] }

    /// For what does not belong to one torrent.
    var shared: any EventLoopGroup { group }

    /// The loop of the next torrent.
    func next() -> any EventLoop {
        all[turn.wrappingAdd(1, ordering: .relaxed).oldValue % all.count]
    }

    /// Waits until every loop has answered: a stuck one gives none.
    func answer() async throws {
        for loop in all { try await loop.submit {}.get() }
    }

    func shutdown() async throws { try await group.shutdownGracefully() }
}
