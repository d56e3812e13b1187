import Glibc

/// Writes a file whole or not at all.
enum OutputFile {
    /// Fails early, before long work, when `path` cannot become a new file.
    static func check(_ path: BytePath, overwriting: Bool) throws(CommandFailure) {
        guard let stamp = FileStamp(of: path, followingLinks: true) else {
            guard errno == ENOENT else { throw unwritable(path, errno) }
            let folder = path.parent
            guard folder.withCString({ access($0, W_OK | X_OK) }) == 0 else { throw unwritable(path, errno) }
            return
        }
        guard stamp.kind == .file else {
            throw CommandFailure("\(path) is there and is not a regular file; choose another name with -o")
        }
        guard overwriting else { throw exists(path) }
    }

    /// Writes beside `path` first, flushes, and then gives the file its name.
    static func write(_ bytes: [UInt8], to path: BytePath, overwriting: Bool) throws(CommandFailure) {
        let tail = String(UInt64.random(in: .min ... .max), radix: 36)
        let temporary = path.parent.appending(Array(".p2p-\(tail).tmp".utf8))
        let descriptor = temporary.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        // Gone already when it was renamed; a leftover would be the only trace of a failure.
        defer { _ = temporary.withCString { unlink($0) } }
        do {
            defer { close(descriptor) }
            try write(bytes[...], descriptor: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw unwritable(path, errno) }
        }
        try move(temporary, to: path, overwriting: overwriting)
    }

    private static func move(_ temporary: BytePath, to path: BytePath, overwriting: Bool) throws(CommandFailure) {
        if !overwriting {
            // A link refuses a name that is taken, in one step; not every file system knows links.
            let linked = temporary.withCString { from in path.withCString { link(from, $0) } }
            if linked == 0 { return }
            guard errno == EPERM || errno == EOPNOTSUPP else {
                throw errno == EEXIST ? exists(path) : unwritable(path, errno)
            }
        }
        let renamed = temporary.withCString { from in path.withCString { rename(from, $0) } }
        guard renamed == 0 else { throw unwritable(path, errno) }
    }

    private static func write(
        _ bytes: ArraySlice<UInt8>,
        descriptor: Int32,
        path: BytePath
    ) throws(CommandFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw unwritable(path, errno)
            }
        }
    }

    private static func exists(_ path: BytePath) -> CommandFailure {
        CommandFailure("\(path) is there already; choose another name with -o, or overwrite it with --force")
    }

    private static func unwritable(_ path: BytePath, _ failure: Int32) -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(SystemError.text(failure)); choose another place with -o")
    }
}
