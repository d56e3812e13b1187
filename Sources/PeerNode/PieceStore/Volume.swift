import Glibc

/// The file system that a folder is on, told by the place where it is mounted.
///
///     /mnt/usb/downloads     mounted: /mnt/usb        not mounted: /
///
/// Numbers of devices change when a machine starts anew; the place does not. A folder below a mount point at which
/// nothing is mounted looks like an empty one, and a download into it would fill the wrong disk.
package struct Volume: Hashable, Sendable {
    /// The folder at which it is mounted.
    package let mountPoint: [UInt8]

    package init(mountPoint: [UInt8]) { self.mountPoint = mountPoint }

    /// The volume of `path`, or of the folder above it that is there.
    package init(of path: [UInt8]) {
        var place = Self.resolved(path)
        guard let device = Self.device(of: place) else {
            mountPoint = [slash]
            return
        }
        while place.count > 1 {
            let above = Self.above(place)
            guard Self.device(of: above) == device else { break }
            place = above
        }
        mountPoint = place
    }

    /// The number of the device that `path` is on now; `nil` when it is not there.
    static func device(of path: [UInt8]) -> UInt64? {
        var status = stat()
        guard withCString(path, { stat($0, &status) }) == 0 else { return nil }
        return UInt64(status.st_dev)
    }

    /// `path`, or what of it is there, without links.
    private static func resolved(_ path: [UInt8]) -> [UInt8] {
        var path = path
        while true {
            if let pointer = withCString(path, { realpath($0, nil) }) {
                defer { free(pointer) }
                return Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
            }
            guard path.count > 1 else { return [slash] }
            path = above(path)
        }
    }

    private static func above(_ path: [UInt8]) -> [UInt8] {
        guard let end = path.lastIndex(of: slash), end > path.startIndex else { return [slash] }
        return Array(path[..<end])
    }
}
