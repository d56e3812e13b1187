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

    /// Whether a path is that of one of the files, by whatever way.
    func contains(_ path: BytePath) -> Bool {
        guard let path = path.resolved else { return false }
        return files.contains { $0.path == path || isSingleFile && $0.path.resolved == path }
    }

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
        var folder: (path: ArraySlice<UInt8>, open: OpenFolder?) = ([], nil)
        for file in files {
            let stamp: FileStamp?
            if isSingleFile {
                stamp = FileStamp(of: file.path, followingLinks: true)
            } else {
                let path = file.path.bytes.dropLast(file.components.last?.count ?? 0)
                if folder.path != path { folder = (path, OpenFolder(path)) }
                stamp = folder.open?.stamp(of: file.path.bytes[path.endIndex...])
            }
            guard stamp == file.stamp else {
                throw CommandFailure("\(file.path) changed while it was hashed; try again when it is at rest")
            }
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
        var open = [try ListedFolder(root, components: [])]
        while let folder = open.last {
            guard let entry = open[open.count - 1].next() else {
                open.removeLast()
                continue
            }
            let components = folder.components + [entry.name]
            let path = folder.path.appending(entry.name)
            switch entry.stamp.kind {
            case .file: files.append(File(components: components, path: path, stamp: entry.stamp))
            case .folder: open.append(try ListedFolder(path, components: components))
            case .link: skipped.append("\(path) (a symbolic link)")
            case .other: skipped.append("\(path) (not a regular file)")
            }
            guard files.count <= fileLimit, components.count <= depthLimit else {
                throw CommandFailure(
                    "\(root) has more than \(fileLimit) files or \(depthLimit) levels; share a part of it"
                )
            }
        }
        return (files, skipped.sorted())
    }

    static func unreadable(_ path: BytePath, _ failure: Int32) -> CommandFailure {
        CommandFailure(
            failure == ENOENT ? .notFound : .failed,
            "\(path) cannot be read: \(SystemError.text(failure)); check the path and its permissions"
        )
    }
}
