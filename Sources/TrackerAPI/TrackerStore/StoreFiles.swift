import Glibc

/// The database as files, and what is kept beside it.
///
///     p2p.db  p2p.db-wal  p2p.db-shm       SQLite's own
///     p2p.db.corrupt-<time>[-wal|-shm]     set aside: damaged, never deleted
///     p2p.db.before-<time>                 as it was before a newer version changed its tables
///     p2p.db.suspect                       damage was met while running: look at everything at the next start
struct StoreFiles: Sendable {
    private static let endings = ["", "-wal", "-shm"]

    let path: String

    private var mark: String { path + ".suspect" }

    /// Bytes of the database and its log.
    var size: Int { Self.endings.prefix(2).reduce(0) { $0 + (Self.length(path + $1) ?? 0) } }

    /// A log that SQLite would silently delete, because the database that it belongs to is gone.
    var hasStrayLog: Bool { Self.length(path) ?? 0 == 0 && Self.length(path + "-wal") ?? 0 > 0 }

    var isSuspect: Bool { Self.length(mark) != nil }

    func suspect() {
        let descriptor = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    func trust() { unlink(mark) }

    /// Renames the files; returns the new name of the database, or `nil` when that is impossible.
    func setAside(suffix: String) -> String? {
        var aside = "\(path).corrupt-\(suffix)"
        var number = 1
        while Self.endings.contains(where: { Self.length(aside + $0) != nil }) {
            number += 1
            aside = "\(path).corrupt-\(suffix)-\(number)"
        }
        for ending in Self.endings where rename(path + ending, aside + ending) != 0 && errno != ENOENT { return nil }
        trust()
        return aside
    }

    private static func length(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
}
