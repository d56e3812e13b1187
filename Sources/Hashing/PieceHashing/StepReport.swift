import BitTorrentTypes

/// What one step of the lanes did, for each call that had a part in it.
struct StepReport {
    private struct Entry {
        let call: HashingCall
        var passed = 0
        var finished: [(piece: Int, outcome: PieceOutcome)] = []
    }

    private var entries: [Entry] = []

    mutating func pass(_ claim: Claim, _ bytes: Int) {
        entries[index(of: claim.call)].passed += bytes
    }

    mutating func add(_ claim: Claim, _ piece: Int, _ outcome: PieceOutcome) {
        entries[index(of: claim.call)].finished.append((claim.call.firstPieces[claim.run] + piece, outcome))
    }

    /// Tells the calls, each once.
    mutating func deliver() {
        for entry in entries { entry.call.advance(by: entry.passed, finished: entry.finished) }
        entries.removeAll(keepingCapacity: true)
    }

    private mutating func index(of call: HashingCall) -> Int {
        if let index = entries.lastIndex(where: { $0.call === call }) { return index }
        entries.append(Entry(call: call))
        return entries.count - 1
    }
}
