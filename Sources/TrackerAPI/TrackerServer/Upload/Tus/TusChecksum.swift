import Crypto
import FoundationEssentials

/// `Upload-Checksum`: what the bytes of one request should hash to.
///
/// - Source: tus 1.0, "Checksum": `<algorithm> <Base64>`.
struct TusChecksum {
    static let algorithms = "sha1,sha256"

    private enum Hasher {
        case sha1(Insecure.SHA1)
        case sha256(SHA256)
    }

    private var hasher: Hasher
    private let expected: [UInt8]

    /// `nil` for another algorithm, or a value that is no hash of it.
    init?(_ header: String) {
        let words = header.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, let expected = Data(base64Encoded: String(words[1])) else { return nil }
        switch (words[0].lowercased(), expected.count) {
        case ("sha1", 20): hasher = .sha1(Insecure.SHA1())
        case ("sha256", 32): hasher = .sha256(SHA256())
        default: return nil
        }
        self.expected = Array(expected)
    }

    mutating func update(_ bytes: [UInt8]) {
        switch hasher {
        case .sha1(var sha1):
            sha1.update(data: bytes)
            hasher = .sha1(sha1)
        case .sha256(var sha256):
            sha256.update(data: bytes)
            hasher = .sha256(sha256)
        }
    }

    var isRight: Bool {
        switch hasher {
        case .sha1(let sha1): expected.elementsEqual(sha1.finalize())
        case .sha256(let sha256): expected.elementsEqual(sha256.finalize())
        }
    }
}
