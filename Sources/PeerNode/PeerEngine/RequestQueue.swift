import BitTorrentTypes

/// What we asked of one peer and did not get yet, in the order asked.
///
/// Blocks come back in that order nearly always, so that a search begins and ends at the front.
struct RequestQueue: Sendable {
    struct Entry: Sendable {
        let block: BlockRange
        let askedAt: EngineTime
        /// Nothing was asked when it was: its answer tells the round trip.
        let isProbe: Bool
        /// Given up: others may be asked, an answer is still welcome.
        var isOverdue = false
        /// Since when its bytes are coming in.
        var arrivingSince: EngineTime?

        var isArriving: Bool { arrivingSince != nil }
        var number: Int { block.offset / PieceLayout.blockLength }
    }

    private var storage: [Entry] = []
    private var head = 0
    /// Entries that are not overdue.
    private(set) var liveCount = 0

    var entries: ArraySlice<Entry> { storage[head...] }
    var isEmpty: Bool { head == storage.count }

    /// How many blocks to ask for now: none until a quarter of `target` has come, then up to `target`.
    ///
    /// One write for many requests costs a tenth of one each.
    func room(target: Int) -> Int {
        liveCount * 4 <= target * 3 ? target - liveCount : 0
    }

    mutating func append(_ block: BlockRange, at now: EngineTime) {
        storage.append(Entry(block: block, askedAt: now, isProbe: isEmpty))
        liveCount += 1
    }

    /// Where the request is that begins where a `piece` message says.
    func index(piece: UInt32, offset: UInt32) -> Int? {
        entries.firstIndex { $0.block.piece.rawValue == Int(piece) && $0.block.offset == Int(offset) }
    }

    func index(of block: BlockRange) -> Int? {
        entries.firstIndex { $0.block == block }
    }

    /// The entries from `index` on that are answered together by `length` bytes; `nil` when no such run was asked.
    func run(from index: Int, length: Int) -> Range<Int>? {
        var asked = storage[index].block
        var next = index + 1
        while asked.length < length, next < storage.count, !storage[next].isArriving,
            let longer = asked.joined(with: storage[next].block)
        {
            asked = longer
            next += 1
        }
        return asked.length == length ? index..<next : nil
    }

    subscript(index: Int) -> Entry { storage[index] }

    /// The answer begins; returns the round trip in seconds, when it tells one.
    mutating func beginArriving(_ index: Int, at now: EngineTime) -> Double? {
        storage[index].arrivingSince = now
        guard storage[index].isProbe else { return nil }
        return now.seconds - storage[index].askedAt.seconds
    }

    mutating func giveUp(_ index: Int) {
        guard !storage[index].isOverdue else { return }
        storage[index].isOverdue = true
        liveCount -= 1
    }

    @discardableResult
    mutating func remove(at index: Int) -> Entry {
        let entry = storage[index]
        if !entry.isOverdue { liveCount -= 1 }
        if index == head {
            head += 1
        } else {
            storage.remove(at: index)
        }
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 256 {
            storage.removeFirst(head)
            head = 0
        }
        return entry
    }

    /// For how long a peer that begins is asked for one block more with each that it delivers: its rate is not known yet,
    /// and a fast one doubles its queue with each round trip.
    static let startSeconds = 2.0

    /// The most blocks that a peer may be asked for at once.
    static func limit(reqq: Int?, settings: EngineSettings) -> Int {
        max(1, min(settings.maximumPipeline, reqq ?? settings.unknownPipeline))
    }

    /// How many blocks to keep asked of a peer that sends `rate` bytes a second, `age` seconds after it began.
    ///
    /// The delay of the line times the bandwidth, several times over: a peer that pauses, or a disk, must not leave the
    /// line idle, and a rate that the queue itself holds down must be able to grow. `roundTrip` is in seconds.
    static func target(
        rate: Double,
        age: Double,
        roundTrip: Double? = nil,
        reqq: Int?,
        settings: EngineSettings
    ) -> Int {
        let most = limit(reqq: reqq, settings: settings)
        guard age > startSeconds else { return min(settings.initialPipeline, most) }
        let seconds = roundTrip.map { trip in
            max(
                settings.minimumPipelineSeconds,
                min(trip * settings.pipelineRoundTrips, settings.maximumPipelineSeconds)
            )
        }
        let wanted = rate * (seconds ?? settings.pipelineSeconds) / Double(PieceLayout.blockLength)
        // Compared as Double: a rate from outside must not overflow an Int.
        return wanted >= Double(most) ? most : max(2, min(Int(wanted), most))
    }
}
