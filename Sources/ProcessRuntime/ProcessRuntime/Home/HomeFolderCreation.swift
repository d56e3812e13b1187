import Glibc

extension HomeFolder {
    /// Makes the folders that are missing.
    ///
    /// - Throws: ``HomeFolderError`` with what to do.
    package func create() throws(HomeFolderError) {
        try Self.makeFolder(path, mode: 0o755)
        guard access(path, W_OK | X_OK) == 0 else { throw .notWritable(path) }
        for name in ["db", "nodes", "uploads", "downloads", "log"] {
            try Self.makeFolder("\(path)/\(name)", mode: 0o755)
        }
        for folder in [keys, run, socketFolder] {
            try Self.makeFolder(folder, mode: 0o700)
            try Self.checkPrivate(folder)
        }
    }

    /// Makes a folder and those above it; one that exists is good.
    package static func makeFolder(_ path: String, mode: UInt32) throws(HomeFolderError) {
        var depth = path.startIndex
        while depth < path.endIndex {
            depth = path[path.index(after: depth)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<depth])
            guard mkdir(part, mode) != 0 else { continue }
            let code = errno
            var status = stat()
            guard stat(part, &status) == 0 else { throw .cannotCreate(part, errno: code) }
            guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(part) }
        }
    }

    /// Sockets are guarded by their folder alone, so it must be a real one, ours, and closed to others.
    static func checkPrivate(_ path: String) throws(HomeFolderError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path) }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else { throw .exposed(path) }
    }
}

// MARK: - Sockets

extension HomeFolder {
    /// The longest `run/` that leaves room for the name of a socket: an address holds 107 bytes.
    private static let longestSocketFolder = 85

    /// `run/`, or a folder under `/tmp` that every program works out alike when `run/` is too long.
    package var socketFolder: String {
        guard run.utf8.count > Self.longestSocketFolder else { return run }
        // FNV-1a; a clash would only make a second suite refuse to start.
        let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return "/tmp/p2p-\(geteuid())-\(String(hash, radix: 16))"
    }

    package var controlSocket: String { "\(socketFolder)/control.sock" }
    package var hubSocket: String { "\(socketFolder)/hub.sock" }
    package var eventsInSocket: String { "\(socketFolder)/events-in.sock" }
    package var eventsSocket: String { "\(socketFolder)/events.sock" }

    /// Takes away the sockets, and their folder when it lies outside the home; the last act of a launcher, under its lock.
    ///
    /// ZeroMQ leaves the files of its local sockets behind.
    package func removeSockets() {
        for socket in [controlSocket, hubSocket, eventsInSocket, eventsSocket] { unlink(socket) }
        if socketFolder != run { rmdir(socketFolder) }
    }
}
