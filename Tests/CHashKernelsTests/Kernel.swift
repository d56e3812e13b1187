import CHashKernels
import Crypto
import Testing

/// A path for an algorithm, as the argument of a test.
struct Kernel: CustomTestStringConvertible, Sendable {
    let path: chk_path
    let algorithm: chk_algorithm

    var testDescription: String { "\(path.name) \(algorithm == .sha1 ? "SHA-1" : "SHA-256")" }

    /// Those that this processor can run.
    static let here = chk_path.all.filter { chk_available($0) }.flatMap { path in
        [chk_algorithm.sha1, .sha256].map { Kernel(path: path, algorithm: $0) }
    }

    var digestLength: Int { chk_digest_length(algorithm) }

    /// The digests of whole messages, in one call.
    func hash(_ messages: [UnsafeRawBufferPointer]) -> [[UInt8]] {
        let whole = messages.map { chk_message(bytes: $0.baseAddress, length: $0.count) }
        return digests(whole.count) { chk_hash_many(path, algorithm, whole, whole.count, $0) }
    }

    /// The digests of messages that come in parts: each call of `nextPart` says how much of what is left comes next.
    func hash(_ messages: [UnsafeRawBufferPointer], nextPart: (_ left: Int) -> Int) -> [[UInt8]] {
        let streams = UnsafeMutablePointer<chk_stream>.allocate(capacity: messages.count)
        defer { streams.deallocate() }
        streams.initialize(repeating: chk_stream(), count: messages.count)
        for index in messages.indices { chk_start(algorithm, streams + index) }
        var done = messages.map { _ in 0 }
        while true {
            var slices: [chk_slice] = []
            for (index, message) in messages.enumerated() where done[index] < message.count {
                let length = nextPart(message.count - done[index])
                let part = UnsafeRawBufferPointer(rebasing: message[done[index]..<done[index] + length])
                slices.append(chk_slice(stream: streams + index, bytes: part.baseAddress, length: length))
                done[index] += length
            }
            if slices.isEmpty { break }
            chk_update_many(path, algorithm, slices, slices.count)
        }
        let ended = messages.indices.map { Optional(streams + $0) }
        return digests(ended.count) { chk_finish_many(path, algorithm, ended, ended.count, $0) }
    }

    private func digests(_ count: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void) -> [[UInt8]] {
        let all = [UInt8](unsafeUninitializedCapacity: count * digestLength) { buffer, used in
            if let base = buffer.baseAddress { write(base) }
            used = count * digestLength
        }
        return (0..<count).map { Array(all[$0 * digestLength..<($0 + 1) * digestLength]) }
    }

    /// The digest as swift-crypto has it.
    func reference(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        switch algorithm {
        case .sha1:
            var hash = Insecure.SHA1()
            hash.update(bufferPointer: message)
            return Array(hash.finalize())
        case .sha256:
            var hash = SHA256()
            hash.update(bufferPointer: message)
            return Array(hash.finalize())
        }
    }
}

extension chk_path {
    static let all: [chk_path] = [.automatic, .portable, .shani, .shaniVL, .avx2, .avx512, .neon, .armv8]

    var name: String { String(cString: chk_path_name(self)) }
}
