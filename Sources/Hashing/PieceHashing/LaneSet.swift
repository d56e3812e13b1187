import CHashKernels

/// The lanes of one thread: up to sixteen pieces in work, each a chunk at a time.
///
///     lane 0   piece 7   ▓▓▓▓▓▓▓▓│chunk│░░░░
///     lane 1   piece 8   ▓▓▓▓▓▓▓▓│chunk│░░░░      one step reads a chunk of each and hashes them side by side;
///     lane 2   piece 9   ▓▓▓▓│end│                a lane that is done takes the next piece that waits
///
/// - Memory: chunks for all lanes, 2 MiB whatever is hashed, and the leaves of the trees in work: 1/512 of their pieces.
final class LaneSet {
    /// The chunks of all lanes, in bytes.
    ///
    /// They lie side by side: a distance that is no power of two, against fights for lines of the first-level cache, measured
    /// the same.
    static let bufferLength = PieceDigester.laneCount * Lane.chunkLength

    private let queue: HashingQueue
    private let priority: PieceHasher.Priority
    private let buffer: UnsafeMutableRawBufferPointer
    private let streams: UnsafeMutablePointer<chk_stream>
    private let lanes: [Lane]
    private var batch: DigestBatch
    private var report = StepReport()

    init(_ queue: HashingQueue, _ priority: PieceHasher.Priority, path: HashPath) {
        self.queue = queue
        self.priority = priority
        let count = PieceDigester.laneCount
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferLength, alignment: 4096)
        let streams = UnsafeMutablePointer<chk_stream>.allocate(capacity: count)
        streams.initialize(repeating: chk_stream(), count: count)
        self.buffer = buffer
        self.streams = streams
        lanes = (0..<count).map { index in
            let start = index * Lane.chunkLength
            return Lane(
                buffer: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Lane.chunkLength]),
                stream: streams + index
            )
        }
        batch = DigestBatch(PieceDigester(path: path))
    }

    deinit {
        buffer.deallocate()
        streams.deallocate()
    }

    /// Moves every piece in work on by a chunk; `false` when there is none, and none waits.
    ///
    /// `meanwhile` is called before each read, since a disk may be slow.
    func step(meanwhile: () -> Void = {}) -> Bool {
        fillLanes()
        guard lanes.contains(where: { $0.claim != nil }) else { return false }
        for lane in lanes { lane.readAhead(distance: lanes.count) }
        for lane in lanes {
            meanwhile()
            if lane.claim?.call.isCancelled == true { lane.drop() }
            lane.read()
            lane.forEachPart { batch.add($0) }
        }
        batch.hash()
        for lane in lanes { lane.settle({ batch.next($0) }, into: &report) }
        report.deliver()
        return true
    }

    private func fillLanes() {
        let free = lanes.filter { $0.claim == nil }
        guard !free.isEmpty else { return }
        for (lane, claim) in zip(free, queue.claim(priority, upTo: free.count)) { lane.take(claim) }
    }
}
