import NIOCore

/// Asks many torrents at once.
///
///     one by one   task ─► loop ─► task ─► loop ─► task …      a thousand torrents, two thousand wake-ups
///     here         task ─► loop: 1, 3, 5, … ─► task            as many as there are loops, and side by side
///                       ─► loop: 2, 4, 6, … ─►
enum TorrentPoll {
    /// Asked in one go; peers wait meanwhile.
    private static let portion = 100

    /// What `question` finds at each of `sessions`, with its place among them, in their order.
    static func ask<Answer: Sendable>(
        _ sessions: [TorrentSession],
        _ question: @escaping @Sendable (isolated TorrentSession, Int) -> Answer
    ) async -> [Answer] {
        let ofLoop = Dictionary(grouping: sessions.enumerated()) { ObjectIdentifier($0.element.eventLoop) }
        return await withTaskGroup(of: [(Int, Answer)].self) { group in
            for neighbours in ofLoop.values {
                group.addTask {
                    var answers: [(Int, Answer)] = []
                    for start in stride(from: 0, to: neighbours.count, by: portion) {
                        let some = neighbours[start..<min(start + portion, neighbours.count)]
                        answers += await some[start].element.ask(some.map { ($0.offset, $0.element) }, question)
                    }
                    return answers
                }
            }
            var all = [Answer?](repeating: nil, count: sessions.count)
            for await answers in group {
                for (place, answer) in answers { all[place] = answer }
            }
            return all.compactMap(\.self)
        }
    }
}

extension TorrentSession {
    /// Asks `neighbours`, which are on the event loop of this torrent.
    fileprivate func ask<Answer: Sendable>(
        _ neighbours: [(place: Int, session: TorrentSession)],
        _ question: @Sendable (isolated TorrentSession, Int) -> Answer
    ) -> [(Int, Answer)] {
        neighbours.map { neighbour in
            (neighbour.place, neighbour.session.assumeIsolated { question($0, neighbour.place) })
        }
    }
}
