import CHashKernels
import Crypto
import SeededRandom
import Testing

@Suite struct `FIPS 180-4 vectors` {
    @Test func `abc`() {
        var generator = SeededGenerator(seed: 1)
        let bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var digest = [UInt8](repeating: 0, count: 20)
        bytes.withUnsafeBytes { raw in
            chk_hash_many(.portable, .sha1, [chk_message(bytes: raw.baseAddress, length: 100)], 1, &digest)
        }
        #expect(digest == Array(Insecure.SHA1.hash(data: bytes)))
        digest = [UInt8](repeating: 0, count: 32)
        bytes.withUnsafeBytes { raw in
            chk_hash_many(.portable, .sha256, [chk_message(bytes: raw.baseAddress, length: 100)], 1, &digest)
        }
        #expect(digest == Array(SHA256.hash(data: bytes)))
    }
}
