import Glibc

/// What is in one folder, without `.` and `..`.
enum FolderListing {
    struct Entry {
        let name: [UInt8]
        let stamp: FileStamp
    }

    static func names(in folder: BytePath) throws(CommandFailure) -> [[UInt8]] {
        var names: [[UInt8]] = []
        try forEach(in: folder) { _, name in names.append(Array(name)) }
        return names
    }

    /// Links are not followed.
    static func entries(in folder: BytePath) throws(CommandFailure) -> [Entry] {
        var entries: [Entry] = []
        try forEach(in: folder) { descriptor, name throws(CommandFailure) in
            let bytes = Array(name)
            guard let stamp = FileStamp(of: name, in: descriptor) else {
                throw ContentScan.unreadable(folder.appending(bytes), errno)
            }
            entries.append(Entry(name: bytes, stamp: stamp))
        }
        return entries
    }

    /// Calls `body` with a descriptor of the folder and each name, behind which is a zero.
    private static func forEach(
        in folder: BytePath,
        _ body: (Int32, UnsafeBufferPointer<UInt8>) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        guard let stream = folder.withCString({ opendir($0) }) else {
            throw CommandFailure("\(folder) cannot be listed: \(SystemError.text(errno)); check its permissions")
        }
        defer { closedir(stream) }
        errno = 0
        while let entry = readdir(stream) {
            try withUnsafeBytes(of: &entry.pointee.d_name) { field throws(CommandFailure) in
                let text = field.bindMemory(to: UInt8.self)
                let name = UnsafeBufferPointer(rebasing: text[..<(text.firstIndex(of: 0) ?? text.endIndex)])
                if !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) { try body(dirfd(stream), name) }
            }
            errno = 0
        }
        guard errno == 0 else {
            throw CommandFailure("\(folder) cannot be listed: \(SystemError.text(errno)); check the disk")
        }
    }
}

/// A folder whose files are reached by name, which spares the system the way there.
final class OpenFolder {
    private let descriptor: Int32

    init?(_ path: ArraySlice<UInt8>) {
        descriptor = BytePath(Array(path)).withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Links are not followed; `nil` when there is nothing of that name.
    func stamp(of name: ArraySlice<UInt8>) -> FileStamp? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name.count + 1) { text in
            let end = text.update(fromContentsOf: name)
            text[end] = 0
            return FileStamp(of: UnsafeBufferPointer(rebasing: text[..<end]), in: descriptor)
        }
    }
}
