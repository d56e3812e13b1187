import CHashKernels
import Crypto
import Glibc

/// The memory that is hashed: messages lie in it one behind the other, as pieces do in a read buffer.
final class Memory {
    let bytes: UnsafeMutableRawBufferPointer

    init(bytes count: Int) {
        bytes = .allocate(byteCount: count, alignment: 4096)
        for offset in 0..<count { bytes[offset] = UInt8(truncatingIfNeeded: offset &* 2_654_435_761 >> 13) }
    }

    deinit { bytes.deallocate() }

    func message(_ index: Int, length: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[index * length..<(index + 1) * length])
    }
}

/// Who hashes: swift-crypto, or a path with so many messages at once.
enum Contestant {
    case swiftCrypto
    case path(chk_path, streams: Int)
}

/// One algorithm over messages of one length, every contestant in turn.
struct Contest {
    let algorithm: chk_algorithm
    let messageLength: Int

    private var contestants: [Contestant] {
        let forced = [chk_path.portable, .shani, .shaniVL, .avx2, .avx512, .neon, .armv8].filter { chk_available($0) }
        return [.swiftCrypto] + forced.map { .path($0, streams: 16) }
            + [1, 2, 3, 4, 6, 8, 12, 16].map { .path(.automatic, streams: $0) }
    }

    func run(rounds: Int, memory: Memory) -> [Result] {
        let contestants = contestants
        var rates = contestants.map { _ in [Double]() }
        for _ in 0..<rounds {
            for (index, contestant) in contestants.enumerated() {
                rates[index].append(bytesPerSecond(contestant, memory))
            }
        }
        let medians = rates.map { $0.sorted()[$0.count / 2] }
        return zip(contestants, medians).map { contestant, rate in
            Result(contest: self, contestant: contestant, bytesPerSecond: rate, ratio: rate / medians[0])
        }
    }

    /// Hashes for 20 ms of processor time or a little more.
    private func bytesPerSecond(_ contestant: Contestant, _ memory: Memory) -> Double {
        let available = memory.bytes.count / messageLength
        var digests = [UInt8](repeating: 0, count: 32 * available)
        let start = processorTime()
        var hashed = 0
        var elapsed = 0.0
        repeat {
            switch contestant {
            case .swiftCrypto:
                for index in 0..<available { digests[index] = firstByte(memory.message(index, length: messageLength)) }
                hashed += available * messageLength
            case .path(let path, let streams):
                for first in stride(from: 0, through: available - streams, by: streams) {
                    let messages = (first..<first + streams).map { index in
                        chk_message(
                            bytes: memory.message(index, length: messageLength).baseAddress,
                            length: messageLength
                        )
                    }
                    chk_hash_many(path, algorithm, messages, streams, &digests)
                    hashed += streams * messageLength
                }
            }
            elapsed = processorTime() - start
        } while elapsed < 0.02
        return Double(hashed) / elapsed
    }

    private func firstByte(_ message: UnsafeRawBufferPointer) -> UInt8 {
        switch algorithm {
        case .sha1:
            var hash = Insecure.SHA1()
            hash.update(bufferPointer: message)
            return hash.finalize().withUnsafeBytes { $0[0] }
        case .sha256:
            var hash = SHA256()
            hash.update(bufferPointer: message)
            return hash.finalize().withUnsafeBytes { $0[0] }
        }
    }

    private func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
