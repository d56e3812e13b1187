package import BitTorrentTypes
package import NIOCore

extension PeerAddress {
    /// The other end of a TCP connection; `nil` for a local socket.
    package init?(_ socket: SocketAddress) {
        guard let port = socket.port.flatMap(UInt16.init(exactly:)),
            let ip = socket.ipAddress.flatMap({ IPAddress($0) })
        else { return nil }
        self.init(ip: ip, port: port)
    }
}

extension SocketAddress {
    init(_ address: PeerAddress) throws {
        try self.init(packedIPAddress: ByteBuffer(bytes: address.ip.bytes), port: Int(address.port))
    }
}
