import Glibc

/// Questions about the file behind an `ipc://` address.
package enum LocalSocket {
    /// Bytes of the longest path that a local socket can have.
    package static let maximumPathBytes = 107

    /// Throws at once when nobody listens at `endpoint`, which libzmq would only find out by trying for ever.
    package static func reach(_ endpoint: String) throws(BusFault) {
        guard endpoint.hasPrefix("ipc://") else { return }
        let path = String(endpoint.dropFirst("ipc://".count))
        guard var address = address(path) else {
            throw BusFault(
                .invalid,
                "the path of a socket has at most \(maximumPathBytes) bytes; choose a shorter home folder: \(path)"
            )
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw BusFault(.unavailable, "no socket can be opened: \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(descriptor) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
        switch code {
        case 0:
            return
        case ENOENT, ECONNREFUSED:
            throw BusFault(
                .unavailable,
                "the suite is not running (nobody listens at \(path)); start it with p2pctl up"
            )
        default:
            throw BusFault(.unavailable, "\(path) cannot be reached: \(String(cString: strerror(code)))")
        }
    }

    private static func address(_ path: String) -> sockaddr_un? {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= maximumPathBytes, !bytes.contains(0) else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }
}
