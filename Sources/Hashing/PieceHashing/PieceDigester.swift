import Crypto

/// The SHA-1 of several pieces at once, each fed in chunks: the seam for faster kernels.
///
///     lane 0   piece 7   ▓▓▓▓▓░░░
///     lane 1   piece 8   ▓▓▓▓▓░░░      one `update` moves every lane on by its chunk
///
/// One stream of SHA-1 is bound by the latency of its instructions, so a kernel that works on pieces side by side beats
/// any that works on one. This portable one takes each lane for itself, and so asks for one lane only.
struct PieceDigester {
    /// How many pieces are worth hashing side by side.
    static let laneCount = 1

    private var lanes: [Insecure.SHA1]

    init() {
        lanes = Array(repeating: Insecure.SHA1(), count: Self.laneCount)
    }

    /// Adds the next bytes of every lane; an empty chunk leaves its lane as it is.
    mutating func update(_ chunks: [UnsafeRawBufferPointer]) {
        precondition(chunks.count <= Self.laneCount, "a chunk has a lane")
        for (lane, chunk) in chunks.enumerated() where !chunk.isEmpty {
            lanes[lane].update(bufferPointer: chunk)
        }
    }

    /// The 20 bytes of a lane, which then stands at the start of its next piece.
    mutating func finish(lane: Int) -> [UInt8] {
        let digest = Array(lanes[lane].finalize())
        lanes[lane] = Insecure.SHA1()
        return digest
    }
}
