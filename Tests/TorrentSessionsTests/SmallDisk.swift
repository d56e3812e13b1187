import Foundation
import Glibc

/// A file system of its own with little room, for those who may mount one.
final class SmallDisk {
    let url: URL

    /// `nil` without the permission to mount.
    init?(in folder: TemporaryFolder, bytes: Int, at place: String = "small") throws {
        url = folder[place]
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        guard mount("tmpfs", url.path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
    }

    /// Makes the disk larger while it is in use.
    func grow(to bytes: Int) -> Bool {
        let remount = UInt(MS_REMOUNT)
        return mount("tmpfs", url.path, "tmpfs", remount, "size=\(bytes)") == 0
    }

    /// Leaves no byte of room.
    func fill() throws {
        let thief = try FileHandle(forWritingTo: make("thief"))
        defer { thief.closeFile() }
        while (try? thief.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
    }

    private func make(_ name: String) throws -> URL {
        let file = url.appending(path: name)
        try Data().write(to: file)
        return file
    }

    deinit { umount2(url.path, Int32(MNT_DETACH)) }

    static var isPossible: Bool {
        guard let folder = try? TemporaryFolder(), let disk = try? SmallDisk(in: folder, bytes: 4096) else {
            return false
        }
        return FileManager.default.fileExists(atPath: disk.url.path)
    }
}
