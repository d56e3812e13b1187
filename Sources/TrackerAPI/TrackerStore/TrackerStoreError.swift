/// Why the database gave no answer.
package enum TrackerStoreError: Error, Hashable {
    /// The file cannot be opened or made: rights, a folder in its place.
    case cannotOpen(path: String, reason: String)
    /// Another process held it for as long as we wait.
    case locked(path: String)
    /// A newer version of this program wrote it.
    case newerSchema(path: String)
    case diskFull
    /// Another process writes; the same call may succeed later.
    case busy
    case failed(reason: String)
}

extension TrackerStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "the database \(path) cannot be opened: \(reason); check that its folder exists and is writable"
        case .locked(let path):
            "the database \(path) is locked by another process; end that one"
        case .newerSchema(let path):
            "the database \(path) was written by a newer version; use that version, or move the file away"
        case .diskFull:
            "the disk that holds the database is full; free some space"
        case .busy:
            "the database is locked by another process; try again"
        case .failed(let reason):
            "the database did not answer: \(reason)"
        }
    }
}
