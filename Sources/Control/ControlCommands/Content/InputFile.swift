import Glibc

/// Files that somebody names to us, read whole and with a bound.
enum InputFile {
    /// The largest .torrent file that we read: 10 MiB.
    static let torrentLimit = 10 << 20

    /// The bytes of the file at `path`.
    ///
    /// A FIFO or a device is refused at once: reading it might never end.
    static func read(_ path: BytePath, limit: Int = torrentLimit) throws(CommandFailure) -> [UInt8] {
        let descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        guard descriptor >= 0 else {
            let failure = errno
            let status: ExitStatus = failure == ENOENT || failure == ENOTDIR ? .notFound : .failed
            throw CommandFailure(status, "\(path) cannot be read: \(SystemError.text(failure)); name another file")
        }
        defer { close(descriptor) }
        guard let stamp = FileStamp(descriptor: descriptor), stamp.kind == .file else {
            throw CommandFailure("\(path) is not a regular file; name one")
        }
        guard stamp.size <= limit else {
            throw CommandFailure(
                "\(path) has \(HumanUnits.bytes(stamp.size)), and \(HumanUnits.bytes(limit)) is the most we read; "
                    + "is it really a .torrent file?"
            )
        }
        return try read(descriptor, path: path, limit: limit)
    }

    /// The last `limit` bytes of the file at `path`, from the start of a line on.
    static func readEnd(_ path: BytePath, limit: Int) throws(CommandFailure) -> ArraySlice<UInt8> {
        let descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be read: \(SystemError.text(errno)); check its permissions")
        }
        defer { close(descriptor) }
        guard let stamp = FileStamp(descriptor: descriptor), stamp.kind == .file else { return [] }
        guard stamp.size > limit else { return try read(descriptor, path: path, limit: .max)[...] }
        lseek(descriptor, stamp.size - limit, SEEK_SET)
        let bytes = try read(descriptor, path: path, limit: .max)
        let lineBreak = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.startIndex
        return bytes[lineBreak...]
    }

    private static func read(
        _ descriptor: Int32,
        path: BytePath,
        limit: Int
    ) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw CommandFailure("\(path) cannot be read: \(SystemError.text(errno)); name another file")
            }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw CommandFailure("\(path) grows while we read it; try again") }
        }
    }
}
