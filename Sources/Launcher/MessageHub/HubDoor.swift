import BusTransport

/// A socket of the hub and the file by which it is found.
struct HubDoor {
    let socket: ZeroMQSocket
    let endpoint: String
    private var identity: UInt64?

    init(socket: ZeroMQSocket, endpoint: String) {
        self.socket = socket
        self.endpoint = endpoint
        identity = RunFolder.identity(endpoint)
    }

    /// Whether the file is gone, or another one.
    var isLost: Bool { RunFolder.identity(endpoint) != identity }

    /// Listens again at the same place, unless something else stands there that is not ours to remove.
    ///
    /// Unbinding the lost file would end the connections made through it. So a second file is bound beside it and
    /// moved into its place; the first listener stays, and nobody finds it any more.
    mutating func reopen() throws(BusFault) {
        try RunFolder.clear(endpoint)
        let beside = endpoint + ".new"
        try RunFolder.clear(beside)
        do throws(ZeroMQError) {
            try socket.bind(beside)
        } catch {
            throw BusFault(.failed, "\(endpoint) cannot be made anew: \(error)")
        }
        try RunFolder.protect(beside)
        try RunFolder.move(beside, to: endpoint)
        identity = RunFolder.identity(endpoint)
    }
}
