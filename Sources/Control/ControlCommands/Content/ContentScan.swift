import Glibc

/// The files that a torrent of `path` would have, in the order of their pieces.
///
///     directory/         /srv/share
///       name/            album                    one file, or a folder
///         components     cd1/01.flac, cd1/02.flac, cover.jpg
///
/// Files stand in the byte order of their paths, as `mktorrent` puts them; hidden and empty files count, as there.
/// Symbolic links inside, devices and sockets do not: what is behind them is not in the folder.
struct ContentScan: Sendable {
    struct File: Sendable {
        /// Below the folder; just the name when the content is one file.
        let components: [[UInt8]]
        let path: BytePath
        let stamp: FileStamp
    }

    /// Absolute; holds `name`.
    let directory: BytePath
    let name: [UInt8]
    let isSingleFile: Bool
    let files: [File]
    /// What was left out: paths below the folder, with the reason.
    let skipped: [String]

    var totalLength: Int { files.reduce(0) { $0 + $1.stamp.size } }

    /// More than this is a mistake (`create /`), not a torrent.
    private static let fileLimit = 1_000_000
    private static let depthLimit = 100

    init(of text: String) throws {
        let path = try Self.named(text)
        guard let stamp = FileStamp(of: path, followingLinks: true) else { throw Self.unreadable(path, errno) }
        guard let directory = path.parent.resolved else { throw Self.unreadable(path.parent, errno) }
        self.directory = directory
        name = path.lastComponent
        let root = directory.appending(name)
        switch stamp.kind {
        case .file:
            isSingleFile = true
            files = [File(components: [name], path: root, stamp: stamp)]
            skipped = []
        case .folder:
            isSingleFile = false
            (files, skipped) = try Self.contents(of: root)
        case .link, .other:
            throw CommandFailure("\(path) is neither a file nor a folder; name one")
        }
        guard totalLength > 0 else {
            throw CommandFailure("\(path) holds no bytes, so there is nothing to share; choose a file with content")
        }
    }

    /// Fails when a file is not what it was when it was scanned.
    func checkUnchanged() throws(CommandFailure) {
        for file in files where FileStamp(of: file.path, followingLinks: isSingleFile) != file.stamp {
            throw CommandFailure("\(file.path) changed while it was hashed; try again when it is at rest")
        }
    }

    /// The path with a real name at its end: `.` is gone already, and `..` becomes the folder that it means.
    private static func named(_ text: String) throws(CommandFailure) -> BytePath {
        let path = try BytePath.absolute(text)
        let isUp = path.lastComponent.elementsEqual("..".utf8)
        guard let named = isUp ? path.resolved : path else { throw unreadable(path, errno) }
        guard !named.lastComponent.isEmpty else {
            throw CommandFailure("/ has no name that a torrent could bear; choose a folder in it")
        }
        return named
    }

    private static func contents(of root: BytePath) throws -> (files: [File], skipped: [String]) {
        var files: [File] = []
        var skipped: [String] = []
        var open: [[[UInt8]]] = [[]]
        while let components = open.popLast() {
            try Task.checkCancellation()
            for entry in try FolderListing.names(in: root.appending(components)) {
                let below = components + [entry]
                let path = root.appending(below)
                guard let stamp = FileStamp(of: path, followingLinks: false) else { throw unreadable(path, errno) }
                switch stamp.kind {
                case .file: files.append(File(components: below, path: path, stamp: stamp))
                case .folder: open.append(below)
                case .link: skipped.append("\(path) (a symbolic link)")
                case .other: skipped.append("\(path) (not a regular file)")
                }
                guard files.count <= fileLimit, below.count <= depthLimit else {
                    throw CommandFailure(
                        "\(root) has more than \(fileLimit) files or \(depthLimit) levels; share a part of it"
                    )
                }
            }
        }
        let keyed = files.map { (key: Array($0.components.joined(separator: [UInt8(ascii: "/")])), file: $0) }
        return (keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.file), skipped.sorted())
    }

    private static func unreadable(_ path: BytePath, _ failure: Int32) -> CommandFailure {
        CommandFailure(
            failure == ENOENT ? .notFound : .failed,
            "\(path) cannot be read: \(SystemError.text(failure)); check the path and its permissions"
        )
    }
}

/// The names in one folder, without `.` and `..`.
enum FolderListing {
    static func names(in folder: BytePath) throws(CommandFailure) -> [[UInt8]] {
        guard let stream = folder.withCString({ opendir($0) }) else {
            throw CommandFailure("\(folder) cannot be listed: \(SystemError.text(errno)); check its permissions")
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
            errno = 0
        }
        guard errno == 0 else {
            throw CommandFailure("\(folder) cannot be listed: \(SystemError.text(errno)); check the disk")
        }
        return names
    }
}
