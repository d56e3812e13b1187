import BitTorrentTypes
import Glibc

/// Why bytes of a torrent could not be read from disk or written to it; every case names the path.
package enum StoreError: Error, Hashable {
    case missing(path: [UInt8])
    /// The folder for downloads is not there, or not on the volume on which it was.
    case offline(path: [UInt8])
    /// Somebody else wrote to the file, or put another in its place.
    case changed(path: [UInt8])
    /// Something is where a torrent's file or folder should go.
    case exists(path: [UInt8])
    /// The file ends before the bytes that were asked for.
    case short(path: [UInt8], needed: Int)
    case noSpace(path: [UInt8])
    /// The file system is read-only or permission is lacking.
    case readOnly(path: [UInt8])
    case notARegularFile(path: [UInt8])
    case notADirectory(path: [UInt8])
    /// A symbolic link stands where the torrent's own folder or file should be; following it could write anywhere.
    case symbolicLink(path: [UInt8])
    case tooManyOpenFiles(path: [UInt8])
    /// The file system does not take a file of this size.
    case tooLarge(path: [UInt8])
    case failed(path: [UInt8], operation: String, errno: Int32)

    /// The case that fits what the kernel said about `path`.
    static func kernel(_ code: Int32, _ operation: String, _ path: [UInt8]) -> StoreError {
        switch code {
        case ENOENT: .missing(path: path)
        case ENOSPC, EDQUOT: .noSpace(path: path)
        case EROFS, EACCES, EPERM: .readOnly(path: path)
        case EISDIR, ENXIO: .notARegularFile(path: path)
        case ENOTDIR: .notADirectory(path: path)
        case ELOOP: .symbolicLink(path: path)
        case EMFILE, ENFILE: .tooManyOpenFiles(path: path)
        case EFBIG: .tooLarge(path: path)
        default: .failed(path: path, operation: operation, errno: code)
        }
    }

    package var path: [UInt8] {
        switch self {
        case .missing(let path), .offline(let path), .changed(let path),
            .exists(let path), .short(let path, _), .noSpace(let path), .readOnly(let path),
            .notARegularFile(let path), .notADirectory(let path), .symbolicLink(let path),
            .tooManyOpenFiles(let path), .tooLarge(let path), .failed(let path, _, _):
            path
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// One sentence: what, where, what to do.
    package var description: String {
        let path = Self.printable(path)
        return switch self {
        case .missing: "\(path) is missing: put it back and the torrent goes on, or resume to download it again"
        case .offline:
            "offline: \(path) is not there, or its volume is not mounted: the torrent goes on when it is back"
        case .changed: "\(path) was changed by another program"
        case .exists: "\(path) is there already: nothing is written over it"
        case .short(_, let needed): "\(path) is shorter than \(needed) bytes: resume to download the rest again"
        case .noSpace: "no space left for \(path): free some space, then resume"
        case .readOnly: "\(path) cannot be written: check its permissions and its file system, then resume"
        case .notARegularFile: "\(path) is not a regular file: move it away, then resume"
        case .notADirectory: "\(path) is not a folder: move it away, then resume"
        case .symbolicLink: "\(path) is a symbolic link, which is not followed: replace it, then resume"
        case .tooManyOpenFiles: "too many open files at \(path): raise the limit (ulimit -n), then resume"
        case .tooLarge: "\(path) is larger than its file system or the file size limit allows"
        case .failed(_, let operation, let code): "\(operation) failed on \(path): \(String(cString: strerror(code)))"
        }
    }

    /// A path for people: control characters and bytes that are not UTF-8 do not reach a terminal.
    package static func printable(_ path: [UInt8]) -> String { PrintableText.escape(path) }
}
