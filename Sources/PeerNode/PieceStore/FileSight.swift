import Glibc

/// What tells that a file was changed: its size in bytes and its time of change in nanoseconds.
package struct FileStamp: Hashable, Sendable {
    package let size: Int
    package let modified: Int

    package init(size: Int, modified: Int) {
        self.size = size
        self.modified = modified
    }
}

/// What tells one file from another, as long as both are there.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// What one look at a file sees.
struct FileSight: Hashable, Sendable {
    let identity: FileIdentity
    let stamp: FileStamp
    /// Bytes that it takes on the disk.
    let allocated: Int

    init(_ status: stat) {
        identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        let modified = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
        stamp = FileStamp(size: Int(status.st_size), modified: modified)
        allocated = Int(status.st_blocks) * 512
    }
}
