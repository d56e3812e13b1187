/// One file that comes in pieces.
struct TusUpload: Hashable, Sendable {
    /// Letters and digits of chance.
    let id: String
    /// Of the whole file, in bytes.
    let length: Int
    /// Where it lies in what is uploaded; checked by name.
    let path: [[UInt8]]
    /// Bytes that are there.
    var offset = 0
    /// Unix seconds after which it is removed when nothing more comes.
    var expiresAt = 0

    var isComplete: Bool { offset == length }
}
