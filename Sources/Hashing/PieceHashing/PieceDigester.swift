import CHashKernels

/// SHA-1 and SHA-256 of many messages side by side: the kernels as Swift sees them.
///
/// Whole messages go in one call; longer ones are streams that are started, updated by slices of any length, and finished.
/// Digests come out one behind the other, in the order of what went in.
struct PieceDigester: Sendable {
    /// How many messages are worth hashing at the same time.
    static let laneCount = Int(CHK_LANES_MAX)

    let path: HashPath

    func hash(_ algorithm: chk_algorithm, _ messages: [chk_message], into digests: inout [UInt8]) {
        makeRoom(algorithm, messages.count, &digests)
        chk_hash_many(path.kernels, algorithm, messages, messages.count, &digests)
    }

    func update(_ algorithm: chk_algorithm, _ slices: [chk_slice]) {
        chk_update_many(path.kernels, algorithm, slices, slices.count)
    }

    func finish(
        _ algorithm: chk_algorithm,
        _ streams: [UnsafeMutablePointer<chk_stream>?],
        into digests: inout [UInt8]
    ) {
        makeRoom(algorithm, streams.count, &digests)
        chk_finish_many(path.kernels, algorithm, streams, streams.count, &digests)
    }

    private func makeRoom(_ algorithm: chk_algorithm, _ count: Int, _ digests: inout [UInt8]) {
        let missing = count * chk_digest_length(algorithm) - digests.count
        if missing > 0 { digests += repeatElement(0, count: missing) }
    }
}
