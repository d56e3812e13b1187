import Glibc

/// Why bytes of a file could not be read.
package enum FileProblem: Error, Hashable {
    /// A path with a zero byte in it, or none at all.
    case badPath([UInt8])
    case cannotOpen([UInt8], errno: Int32)
    /// A folder, a pipe, a device: nothing with a length to hash.
    case notRegular([UInt8])
    case readFailed([UInt8], errno: Int32)
    /// The file ends before the bytes asked for.
    case short([UInt8], missing: Int)
}

extension FileProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badPath(let path): "\(Self.text(path)): not a path"
        case .cannotOpen(let path, let code), .readFailed(let path, let code):
            "\(Self.text(path)): \(String(cString: strerror(code)))"
        case .notRegular(let path): "\(Self.text(path)): not a regular file"
        case .short(let path, let missing): "\(Self.text(path)): \(missing) bytes short"
        }
    }

    private static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}
