import Foundation
import Glibc

/// A file system of its own with little room, for those who may mount one.
final class SmallDisk {
    let url: URL

    /// `nil` without the permission to mount.
    init?(in folder: TemporaryFolder, bytes: Int) throws {
        url = folder["small"]
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        guard mount("tmpfs", url.path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
    }

    /// Makes the disk larger while it is in use.
    func grow(to bytes: Int) -> Bool {
        let remount = UInt(MS_REMOUNT)
        return mount("tmpfs", url.path, "tmpfs", remount, "size=\(bytes)") == 0
    }

    deinit { umount2(url.path, Int32(MNT_DETACH)) }

    static var isPossible: Bool {
        guard let folder = try? TemporaryFolder(), let disk = try? SmallDisk(in: folder, bytes: 4096) else {
            return false
        }
        return FileManager.default.fileExists(atPath: disk.url.path)
    }
}
