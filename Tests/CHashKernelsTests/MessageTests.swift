import CHashKernels
import SeededRandom
import Testing

/// Every path against swift-crypto.
@Suite struct `Many messages at once` {
    /// Random bytes from which messages are cut: overlapping is fine, they are only read.
    private static let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 180_4)
        return (0..<(1 << 16)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }()

    private func cut(
        _ bytes: UnsafeRawBufferPointer,
        at alignment: Int,
        length: Int,
        using generator: inout SeededGenerator
    ) -> UnsafeRawBufferPointer {
        let start = Int.random(in: 0...(bytes.count - length - 64) / 64, using: &generator) * 64 + alignment
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
    }

    /// Lengths where the padding changes its form are as likely as any.
    private func length(using generator: inout SeededGenerator) -> Int {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129].randomElement(using: &generator) ?? 0
        case 1: Int.random(in: 0...300, using: &generator)
        case 2: Int.random(in: 0...3000, using: &generator)
        default: Int.random(in: 0...20_000, using: &generator)
        }
    }

    @Test(arguments: Kernel.here)
    func `of any length and alignment have their digests`(kernel: Kernel) {
        var generator = SeededGenerator(seed: 1)
        Self.bytes.withUnsafeBytes { bytes in
            for count in 1...40 {
                let messages = (0..<count).map { _ in
                    let alignment = Int.random(in: 0..<64, using: &generator)
                    return cut(bytes, at: alignment, length: length(using: &generator), using: &generator)
                }
                #expect(kernel.hash(messages) == messages.map(kernel.reference), "\(messages.map(\.count))")
            }
        }
    }

    @Test(arguments: Kernel.here)
    func `of every length up to three blocks have their digests`(kernel: Kernel) {
        Self.bytes.withUnsafeBytes { bytes in
            let messages = (0...192).map { UnsafeRawBufferPointer(rebasing: bytes[$0..<2 * $0]) }
            #expect(kernel.hash(messages) == messages.map(kernel.reference))
        }
    }

    @Test(arguments: Kernel.here)
    func `that come in parts have the digests of the whole`(kernel: Kernel) {
        var generator = SeededGenerator(seed: 2)
        Self.bytes.withUnsafeBytes { bytes in
            for count in 1...40 {
                let messages = (0..<count).map { index in
                    cut(bytes, at: (index * 7 + count) % 64, length: length(using: &generator), using: &generator)
                }
                let digests = kernel.hash(messages) { left in
                    min(left, Int.random(in: 0...(Bool.random(using: &generator) ? 130 : 9000), using: &generator))
                }
                #expect(digests == messages.map(kernel.reference), "\(messages.map(\.count))")
            }
        }
    }

    @Test(arguments: Kernel.here)
    func `one long among many short ones ends as it should`(kernel: Kernel) {
        Self.bytes.withUnsafeBytes { bytes in
            for long in [0, 9, 20] {
                let messages = (0..<21).map { index in
                    UnsafeRawBufferPointer(rebasing: bytes[index..<index + (index == long ? 60_000 : 64)])
                }
                #expect(kernel.hash(messages) == messages.map(kernel.reference))
            }
        }
    }

    @Test(arguments: Kernel.here)
    func `none is none`(kernel: Kernel) {
        #expect(kernel.hash([]).isEmpty)
        #expect(kernel.hash([]) { $0 }.isEmpty)
    }

    @Test(arguments: Kernel.here)
    func `a stream that is started again forgets what it had`(kernel: Kernel) {
        var stream = chk_stream()
        var digest = [UInt8](repeating: 0, count: kernel.digestLength)
        Self.bytes.withUnsafeBytes { bytes in
            for length in [100, 3, 0, 64] {
                let message = UnsafeRawBufferPointer(rebasing: bytes[..<length])
                withUnsafeMutablePointer(to: &stream) { stream in
                    chk_start(kernel.algorithm, stream)
                    let slices = [chk_slice(stream: stream, bytes: message.baseAddress, length: length)]
                    chk_update_many(kernel.path, kernel.algorithm, slices, 1)
                    chk_finish_many(kernel.path, kernel.algorithm, [stream], 1, &digest)
                }
                #expect(digest == kernel.reference(message))
            }
        }
    }
}
