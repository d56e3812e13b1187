/// A path as bytes: names on a disk need not be UTF-8.
struct DiskPath: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
    init(bytes: [UInt8]) { self.bytes = bytes }

    func appending(_ component: some Sequence<UInt8>) -> DiskPath {
        DiskPath(bytes: bytes + [UInt8(ascii: "/")] + component)
    }

    func appending(_ component: String) -> DiskPath { appending(component.utf8) }

    var lastComponent: DiskPath { DiskPath(bytes: Array(bytes.split(separator: UInt8(ascii: "/")).last ?? [])) }

    /// The folder it lies in; `nil` for the root and for a name alone.
    var parent: DiskPath? {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return nil }
        return DiskPath(bytes: Array(bytes[..<slash]))
    }

    /// For system calls.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (bytes + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a terminated path is not empty") }
            return body(base)
        }
    }
}

extension DiskPath: CustomStringConvertible {
    var description: String { String(decoding: bytes, as: UTF8.self) }
}
