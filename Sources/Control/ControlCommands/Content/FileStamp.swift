import Glibc

/// What tells whether a file changed while we worked on it.
struct FileStamp: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case file, folder, link, other
    }

    let kind: Kind
    /// Bytes.
    let size: Int
    private let device: UInt
    private let inode: UInt
    private let seconds: Int
    private let nanoseconds: Int

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        size = Int(status.st_size)
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }

    /// Follows symbolic links only when told to; `nil` when there is nothing, with `errno` set.
    init?(of path: BytePath, followingLinks: Bool) {
        var status = stat()
        let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
        guard path.withCString({ fstatat(AT_FDCWD, $0, &status, flags) }) == 0 else { return nil }
        self.init(status)
    }

    /// The entry of a folder, links not followed; behind the name is a zero.
    init?(of name: UnsafeBufferPointer<UInt8>, in folder: Int32) {
        var status = stat()
        let code = name.withMemoryRebound(to: CChar.self) { text in
            text.baseAddress.map { fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) }
        }
        guard code == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The folder itself, whatever path leads to it: two visits of one folder have equal identities.
    var identity: [UInt] { [device, inode] }
}
