import CHashKernels
import Testing

/// The examples that NIST publishes with FIPS 180-4.
@Suite struct `FIPS 180-4 vectors` {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: [UInt8]
        let sha1: String
        let sha256: String
    }

    static let vectors = [
        Vector(
            testDescription: "empty",
            message: [],
            sha1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        Vector(
            testDescription: "one block",
            message: Array("abc".utf8),
            sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        Vector(
            testDescription: "two blocks",
            message: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            sha1: "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            sha256: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        Vector(
            testDescription: "a million times a",
            message: Array(repeating: UInt8(ascii: "a"), count: 1_000_000),
            sha1: "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
            sha256: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: Kernel.here, vectors)
    func `come out in every lane`(kernel: Kernel, vector: Vector) {
        let digest = kernel.algorithm == .sha1 ? vector.sha1 : vector.sha256
        let count = vector.message.count > 1000 ? 2 : 17
        vector.message.withUnsafeBytes { message in
            let digests = kernel.hash(Array(repeating: message, count: count))
            #expect(digests.map(hexadecimal) == Array(repeating: digest, count: count))
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
