import PeerEngine
import Testing

/// Decides on torrents that are drawn as marks.
///
/// `D` downloads, `S` seeds; then `.` waits, `~` runs stalled, nothing: runs and moves; `!` has been seeded enough.
/// Decisions: `r` run, `q` queue, `f` finish.
private func decide(_ drawn: String, downloads: Int?, seeds: Int?) -> String {
    let torrents = drawn.split(separator: " ").map { mark in
        QueuePolicy.Torrent(
            isComplete: mark.first == "S",
            isRunning: !mark.contains("."),
            isStalled: mark.contains("~"),
            ratio: mark.contains("!") ? 2 : 1,
            ratioLimit: 2
        )
    }
    return QueuePolicy(downloads: downloads, seeds: seeds).decide(torrents).map { decision in
        switch decision {
        case .run: "r"
        case .queue: "q"
        case .finish: "f"
        }
    }.joined()
}

@Suite struct `The queue of a node` {
    @Test func `without limits everything runs`() {
        #expect(decide("D. D S. S~", downloads: nil, seeds: nil) == "rrrr")
    }

    @Test func `so many downloads and so many seeds run, in their order`() {
        #expect(decide("D D D D. S S S.", downloads: 2, seeds: 1) == "rrqqrqq")
        #expect(decide("D. D. D.", downloads: 2, seeds: nil) == "rrq")
        #expect(decide("D S", downloads: 0, seeds: 0) == "qq")
    }

    @Test func `a stalled torrent runs on and takes no place`() {
        #expect(decide("D~ D~ D. D. S~ S.", downloads: 1, seeds: 1) == "rrrqrr")
    }

    @Test func `when a stalled torrent moves again, the last one waits`() {
        #expect(decide("D D~ D", downloads: 1, seeds: nil) == "rrq")
        #expect(decide("D D D", downloads: 2, seeds: nil) == "rrq")
    }

    @Test func `what has been seeded enough finishes and makes place`() {
        #expect(decide("S! S S. S!", downloads: nil, seeds: 2) == "frrf")
        #expect(decide("D!", downloads: nil, seeds: nil) == "r", "a download has no ratio to reach")
    }

    @Test func `time is enough too, and no limit is never reached`() {
        var torrent = QueuePolicy.Torrent(isComplete: true, isRunning: true, ratio: 99, seedingSeconds: 60)
        #expect(QueuePolicy().decide([torrent]) == [.run])
        torrent.seedingSecondsLimit = 61
        #expect(QueuePolicy().decide([torrent]) == [.run])
        torrent.seedingSecondsLimit = 60
        #expect(QueuePolicy().decide([torrent]) == [.finish])
        torrent.seedingSecondsLimit = nil
        torrent.ratioLimit = 0
        #expect(QueuePolicy().decide([torrent]) == [.finish])
    }

    @Test func `deciding again after obeying changes nothing`() {
        for drawn in ["D D D D. S S S.", "D. D. D.", "D~ D. D.", "S! S. S."] {
            let first = decide(drawn, downloads: 2, seeds: 1)
            let obeyed = zip(drawn.split(separator: " "), first).map { mark, decision in
                mark.replacing(".", with: "") + (decision == "r" ? "" : ".")
            }.joined(separator: " ")
            #expect(decide(obeyed, downloads: 2, seeds: 1) == first, "\(drawn)")
        }
    }

    @Test(arguments: [
        ("up", 2, "acbd"), ("up", 0, "abcd"), ("down", 1, "acbd"), ("down", 3, "abcd"), ("top", 2, "cabd"),
        ("bottom", 1, "acdb"),
    ])
    func `people move torrents in it`(place: String, index: Int, moved: String) throws {
        let target = try #require(QueueOrder.Place(rawValue: place))
        #expect(String(QueueOrder.moving(index, of: Array("abcd"), to: target)) == moved)
    }
}
