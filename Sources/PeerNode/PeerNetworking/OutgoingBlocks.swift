import BitTorrentTypes
import DequeModule

/// The blocks that a peer is to get, in the order in which it asked.
///
/// Blocks that follow one another in the torrent come out as one run, so that one `preadv` serves them all.
struct OutgoingBlocks {
    struct Block: Hashable {
        let range: BlockRange
        /// Of the block's first byte in the torrent.
        let offset: Int
    }

    /// Sixteen blocks of 16 KiB: where reading in runs measured best.
    static let runLimit = 16
    static let runByteLimit = 256 * 1024

    private var blocks: Deque<Block> = []

    var isEmpty: Bool { blocks.isEmpty }
    var count: Int { blocks.count }

    mutating func append(_ block: Block) { blocks.append(block) }

    /// Removes the first block of this range, also out of a run; returns whether there was one.
    mutating func remove(_ range: BlockRange) -> Bool {
        if let index = blocks.firstIndex(where: { $0.range == range }) {
            blocks.remove(at: index)
            return true
        }
        guard let index = blocks.firstIndex(where: { $0.range.isRun(with: range) }) else { return false }
        let run = blocks[index]
        let (head, tail) = run.range.remainders(without: range)
        let rest = [head, tail].compactMap(\.self)
        let pieceStart = run.offset - run.range.offset
        blocks.replaceSubrange(index...index, with: rest.map { Block(range: $0, offset: pieceStart + $0.offset) })
        return true
    }

    mutating func removeAll() { blocks.removeAll() }

    /// Takes the longest run of contiguous blocks off the front, within `byteLimit` but at least one block.
    mutating func nextRun(byteLimit: Int = runByteLimit) -> [Block] {
        var run: [Block] = []
        var bytes = 0
        while let block = blocks.first, run.count < Self.runLimit {
            if let last = run.last {
                guard last.offset + last.range.length == block.offset,
                    bytes + block.range.length <= min(byteLimit, Self.runByteLimit)
                else { break }
            }
            run.append(block)
            bytes += block.range.length
            blocks.removeFirst()
        }
        return run
    }
}
