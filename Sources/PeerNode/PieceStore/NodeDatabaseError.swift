import GRDB

/// Why the node's database could not do what was asked.
package enum NodeDatabaseError: Error, Hashable {
    /// Made by a newer version of the program, which this one must not touch.
    case newer(path: String)
    /// The disk that it is on has no room.
    case noSpace(path: String)
    case failed(path: String, reason: String)

    init(_ error: any Error, path: String) {
        switch error {
        case let error as NodeDatabaseError: self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL: self = .noSpace(path: path)
        default: self = .failed(path: path, reason: String(describing: error))
        }
    }
}

extension NodeDatabaseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .newer(let path): "\(path) was made by a newer version: use that version, or move the file away"
        case .noSpace(let path): "no space left for the database \(path): free some space, then resume"
        case .failed(let path, let reason): "the database \(path) failed: \(reason)"
        }
    }
}
