import Glibc

/// The regular files under a folder; links and everything else that is no file are passed over.
enum FolderWalk {
    struct File: Hashable, Sendable {
        /// Components below the root.
        let path: [[UInt8]]
        /// In bytes.
        let length: Int
    }

    enum Fault: Error, Hashable {
        case unreadable(path: String, errno: Int32)
        case tooMany(limit: Int)
    }

    /// All of them, in no order.
    ///
    /// - Throws: ``Fault`` when a folder cannot be read, or there are more than `limit` entries.
    static func files(under root: DiskPath, limit: Int) throws(Fault) -> [File] {
        var files: [File] = []
        var pending: [[[UInt8]]] = [[]]
        var seen = 0
        while let folder = pending.popLast() {
            let location = folder.reduce(root) { $0.appending($1) }
            for name in try names(in: location) {
                seen += 1
                guard seen <= limit else { throw .tooMany(limit: limit) }
                var status = stat()
                // What is gone by now was on its way out.
                guard location.appending(name).withCString({ lstat($0, &status) }) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: pending.append(folder + [name])
                case S_IFREG: files.append(File(path: folder + [name], length: Int(status.st_size)))
                default: continue
                }
            }
        }
        return files
    }

    /// The entries of a folder, without itself and its parent.
    static func names(in folder: DiskPath) throws(Fault) -> [[UInt8]] {
        guard let handle = folder.withCString({ opendir($0) }) else {
            throw .unreadable(path: "\(folder)", errno: errno)
        }
        defer { closedir(handle) }
        var names: [[UInt8]] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [UInt8(ascii: ".")], name != Array("..".utf8) { names.append(name) }
        }
        return names
    }
}
