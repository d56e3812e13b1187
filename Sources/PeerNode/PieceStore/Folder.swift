import Glibc

/// An open folder, from which one steps down part by part, so that no planted symbolic link is followed.
struct Folder {
    let path: [UInt8]
    private let handle: OpenFile

    /// Opens the user's own folder; links in its path are the user's choice and are followed.
    init(opening path: [UInt8]) throws(StoreError) {
        let descriptor = withCString(path) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw .kernel(errno, "open", path) }
        self.init(path: path, handle: OpenFile(descriptor: descriptor))
    }

    private init(path: [UInt8], handle: OpenFile) {
        self.path = path
        self.handle = handle
    }

    /// The folder `name` inside this one, made when it is lacking and `creating` says so.
    func folder(_ name: [UInt8], creating: Bool) throws(StoreError) -> Folder {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var descriptor = withCString(name) { openat(handle.descriptor, $0, flags) }
        if descriptor < 0, errno == ENOENT, creating {
            let made = withCString(name) { mkdirat(handle.descriptor, $0, 0o777) }
            guard made == 0 || errno == EEXIST else { throw .kernel(errno, "mkdir", path + [slash] + name) }
            descriptor = withCString(name) { openat(handle.descriptor, $0, flags) }
        }
        guard descriptor >= 0 else { throw refusal(errno, of: name, expecting: .directory) }
        return Folder(path: path + [slash] + name, handle: OpenFile(descriptor: descriptor))
    }

    /// The regular file `name` inside this folder; a file that is there is never cut.
    func file(_ name: [UInt8], writable: Bool, creating: Bool) throws(StoreError) -> OpenFile {
        // A FIFO would block here without O_NONBLOCK, which means nothing to a regular file.
        let flags =
            (writable ? O_RDWR : O_RDONLY) | (creating ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let descriptor = withCString(name) { openat(handle.descriptor, $0, flags, 0o666) }
        guard descriptor >= 0 else { throw refusal(errno, of: name, expecting: .regularFile) }
        let file = OpenFile(descriptor: descriptor, isWritable: writable)
        switch file.status() {
        case .failure(let error): throw .kernel(error.code, "stat", path + [slash] + name)
        case .success(let status):
            guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path + [slash] + name) }
        }
        return file
    }

    /// Removes the entry `name` itself, never what a link points to; one that is not there is no error.
    func remove(_ name: [UInt8], isFolder: Bool) throws(StoreError) {
        let code = withCString(name) { unlinkat(handle.descriptor, $0, isFolder ? AT_REMOVEDIR : 0) }
        guard code == 0 || errno == ENOENT || isFolder && (errno == ENOTEMPTY || errno == EEXIST) else {
            throw .kernel(errno, "remove", path + [slash] + name)
        }
    }

    /// Makes the names in this folder durable.
    func synchronize() throws(StoreError) {
        guard fsync(handle.descriptor) == 0 || errno == EINVAL else { throw .kernel(errno, "fsync", path) }
    }

    private enum Expectation { case directory, regularFile }

    /// The kernel says ELOOP or ENOTDIR for a link; a look at the entry tells which it is.
    private func refusal(_ code: CInt, of name: [UInt8], expecting: Expectation) -> StoreError {
        let full = path + [slash] + name
        var status = stat()
        let isKnown = withCString(name) { fstatat(handle.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
        guard isKnown else { return .kernel(code, "open", full) }
        switch (status.st_mode & S_IFMT, expecting) {
        case (S_IFLNK, _): return .symbolicLink(path: full)
        case (S_IFREG, .regularFile), (S_IFDIR, .directory): return .kernel(code, "open", full)
        case (_, .regularFile): return .notARegularFile(path: full)
        case (_, .directory): return .notADirectory(path: full)
        }
    }
}

let slash = UInt8(ascii: "/")

/// Calls `body` with the bytes of a path, which hold no NUL, as a C string.
func withCString<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (path + [0]).withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
            guard let base = characters.baseAddress else { preconditionFailure("a buffer with a NUL is not empty") }
            return body(base)
        }
    }
}
