import Glibc

/// The user's folder for downloads, before a torrent is added to it.
package enum Directory {
    /// Makes `path` and the folders above it where they are lacking, and checks that it can be written.
    package static func prepare(_ path: [UInt8]) throws(StoreError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[(end + 1)...].firstIndex(of: slash) ?? path.endIndex
            let prefix = Array(path[..<end])
            guard withCString(prefix, { mkdir($0, 0o777) }) == 0 || errno == EEXIST || errno == EISDIR else {
                let code = errno
                if isFolder(prefix) { continue }
                throw .kernel(code, "mkdir", prefix)
            }
        }
        guard isFolder(path) else { throw .notADirectory(path: path) }
        guard withCString(path, { access($0, W_OK | X_OK) }) == 0 else { throw .kernel(errno, "access", path) }
    }

    /// Bytes that an ordinary user may still write below `path`; `nil` when the file system does not say.
    package static func freeBytes(_ path: [UInt8]) -> Int? {
        var status = statvfs()
        guard withCString(path, { statvfs($0, &status) }) == 0, status.f_blocks > 0 else { return nil }
        let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return overflow ? Int.max : bytes
    }

    private static func isFolder(_ path: [UInt8]) -> Bool {
        var status = stat()
        return withCString(path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
