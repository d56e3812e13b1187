import BitTorrentTypes
import Synchronization

/// Where the server can be reached; the port is known when it is bound.
package final class ServiceAddress: Sendable {
    private let host: String
    private let port: Mutex<Int>
    private let udpPort = Mutex<Int?>(nil)

    init(host: String, port: Int) {
        self.host = host
        self.port = Mutex(port)
    }

    var boundPort: Int { port.withLock { $0 } }

    var boundUDPPort: Int? { udpPort.withLock { $0 } }

    func bind(port: Int, udpPort: Int? = nil) {
        self.port.withLock { $0 = port }
        self.udpPort.withLock { $0 = udpPort }
    }

    /// Such as `http://127.0.0.1:8000`.
    package var url: String {
        "http://\(hostInURL):\(boundPort)"
    }

    /// Such as `udp://127.0.0.1:6969/announce`, when there is a UDP door.
    package var udpURL: String? { udpPort.withLock { $0 }.map { "udp://\(hostInURL):\($0)/announce" } }

    private var hostInURL: String {
        let isIPv6 = IPAddress(host)?.isIPv6 ?? false
        return isIPv6 ? "[\(host)]" : host
    }

    package var announceURL: String { url + "/announce" }

    func torrentURL(_ infoHash: InfoHash) -> String { "\(url)/api/tracker/torrents/\(infoHash).torrent" }

    /// Whether a `Host` names this server: a loopback name, or the one it was told to bind, and no other port.
    func isOurs(host text: String) -> Bool {
        var name = text.lowercased()[...]
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") {
            let digits = name[name.index(after: colon)...]
            guard digits == String(boundPort) else { return false }
            name = name[..<colon]
        }
        return ["localhost", "127.0.0.1", "[::1]", host.lowercased(), "[\(host.lowercased())]"].contains(String(name))
    }
}
