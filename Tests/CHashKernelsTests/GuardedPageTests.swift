import CHashKernels
import Glibc
import SeededRandom
import Testing

/// Messages that end where memory ends: a kernel that reads one byte too far does not come back.
@Suite struct `Messages before a guarded page` {
    @Test(arguments: Kernel.here)
    func `are read to their last byte and no further`(kernel: Kernel) throws {
        let pages = try GuardedPages(count: 4)
        var generator = SeededGenerator(seed: 3)
        pages.fill(using: &generator)
        let short = (0...140).map { pages.last($0) }
        #expect(kernel.hash(short) == short.map(kernel.reference))
        #expect(kernel.hash(short) { min($0, 50) } == short.map(kernel.reference))
        for _ in 0..<8 {
            let messages = (0..<24).map { _ in pages.last(Int.random(in: 0...pages.length, using: &generator)) }
            #expect(kernel.hash(messages) == messages.map(kernel.reference))
            #expect(kernel.hash(messages) { min($0, 5000) } == messages.map(kernel.reference))
        }
    }
}

/// Some pages of memory with one behind them that may not be touched.
private final class GuardedPages {
    let length: Int
    private let base: UnsafeMutableRawPointer
    private let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    struct NoMemory: Error { let code: Int32 }

    init(count: Int) throws {
        length = count * page
        let all = mmap(nil, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let all, all != MAP_FAILED else { throw NoMemory(code: errno) }
        base = all
        guard mprotect(base + length, page, PROT_NONE) == 0 else { throw NoMemory(code: errno) }
    }

    deinit { munmap(base, length + page) }

    func fill(using generator: inout SeededGenerator) {
        for offset in stride(from: 0, to: length, by: 8) {
            base.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
        }
    }

    func last(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + (length - count), count: count)
    }
}
