import Glibc

/// Why a folder is taken.
package enum InstanceLockError: Error, Hashable {
    case taken(path: String, pid: Int32?)
    case failed(path: String, errno: Int32)
}

extension InstanceLockError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .taken(let path, let pid?): "already running as pid \(pid) (\(path))"
        case .taken(let path, nil): "already running (\(path) is locked)"
        case .failed(let path, let code): "cannot lock \(path): \(String(cString: strerror(code)))"
        }
    }
}

/// Keeps a second process from the same folder, as long as this value lives.
///
/// The kernel's lock on the file counts, not its being there: it ends with the process, whatever ended it. The pid inside is
/// for people.
package final class InstanceLock: Sendable {
    private let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        // Removed while still locked, so that nobody locks a file that is about to go.
        unlink(path)
        close(descriptor)
    }

    /// Locks the file at `path`, which is made when it is missing.
    ///
    /// - Throws: ``InstanceLockError`` when another process has it.
    package static func acquire(_ path: String) throws(InstanceLockError) -> InstanceLock {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .failed(path: path, errno: errno) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                defer { close(descriptor) }
                guard code == EWOULDBLOCK else { throw .failed(path: path, errno: code) }
                throw .taken(path: path, pid: pid(in: descriptor))
            }
            var held = stat()
            var named = stat()
            guard fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino else {
                // The holder before us removed it between our open and our lock.
                close(descriptor)
                continue
            }
            let text = Array("\(getpid())\n".utf8)
            guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
                let code = errno
                close(descriptor)
                throw .failed(path: path, errno: code)
            }
            return InstanceLock(path: path, descriptor: descriptor)
        }
    }

    /// The pid of the process that holds `path`, or `nil` when nobody does.
    package static func holder(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return pid(in: descriptor)
    }

    private static func pid(in descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }
}
