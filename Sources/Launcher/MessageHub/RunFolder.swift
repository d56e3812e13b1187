import BusTransport
import Glibc

/// The folder of the hub's sockets: 0700, and ours alone.
enum RunFolder {
    /// Makes the folder, or refuses one that others could write to.
    static func prepare(_ path: String) throws(BusFault) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw BusFault(.failed, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        guard let status = status(path) else {
            throw BusFault(.failed, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw BusFault(.failed, "\(path) must be a folder and no link; move it away")
        }
        guard status.st_uid == geteuid() else {
            throw BusFault(.failed, "\(path) belongs to another user; choose another home folder")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw BusFault(.failed, "others may write to \(path); do: chmod 700 \(path)")
        }
        guard chmod(path, 0o700) == 0 else {
            throw BusFault(.failed, "\(path) cannot be closed to others: \(String(cString: strerror(errno)))")
        }
    }

    /// Takes away a socket that an earlier launcher left, and nothing else.
    static func clear(_ endpoint: String) throws(BusFault) {
        let path = String(endpoint.dropFirst("ipc://".count))
        guard path.utf8.count <= LocalSocket.maximumPathBytes else {
            throw BusFault(
                .failed,
                "the path of a socket has at most \(LocalSocket.maximumPathBytes) bytes; choose a shorter home: \(path)"
            )
        }
        guard let status = status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid() else {
            throw BusFault(.failed, "\(path) is in the way of a socket; move it away")
        }
        do throws(BusFault) {
            try LocalSocket.reach(endpoint)
        } catch {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw BusFault(.failed, "\(path) cannot be removed: \(String(cString: strerror(errno)))")
            }
            return
        }
        throw BusFault(.alreadyExists, "another launcher serves \(path); stop it first, or use another home folder")
    }

    /// Closes a socket file to all others.
    static func protect(_ endpoint: String) throws(BusFault) {
        let path = String(endpoint.dropFirst("ipc://".count))
        guard chmod(path, 0o600) == 0 else {
            throw BusFault(.failed, "\(path) cannot be closed to others: \(String(cString: strerror(errno)))")
        }
    }

    /// Which file an endpoint is; `nil` when it is gone.
    static func identity(_ endpoint: String) -> UInt64? {
        status(String(endpoint.dropFirst("ipc://".count))).map { UInt64($0.st_ino) }
    }

    static func move(_ endpoint: String, to other: String) throws(BusFault) {
        let path = String(other.dropFirst("ipc://".count))
        guard rename(String(endpoint.dropFirst("ipc://".count)), path) == 0 else {
            throw BusFault(.failed, "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    /// Removes a socket of our own at a clean stop; libzmq leaves it.
    static func remove(_ endpoint: String) {
        unlink(String(endpoint.dropFirst("ipc://".count)))
    }

    /// Without following links; `nil` when nothing is there.
    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}
