import RunningSuite

/// libtorrent, which takes orders through `tools/libtorrent-client` and tells of what happens.
struct Libtorrent: ForeignClient {
    static let name = "libtorrent"
    static let missing = LibtorrentDriver.isInstalled ? nil : "libtorrent is not installed: tools/setup --tests"

    static let address = PrivateNetwork.others[2]

    let program: RunningProgram

    static func with<Result: Sendable>(
        _ torrents: [Placement],
        in network: PrivateNetwork,
        scratch: ScratchFolder,
        _ body: (Libtorrent) async throws -> Result
    ) async throws -> Result {
        // Both: where it listens does not decide whence it dials.
        let settings = [
            "listen_interfaces": "\"\(address):0\"",
            "outgoing_interfaces": "\"\(address)\"",
        ]
        return try await with(settings, prefix: network.prefix) { client in
            for torrent in torrents { try await client.add(torrent) }
            return try await body(client)
        }
    }

    /// What makes one listen and dial at `host` alone.
    static func settings(at host: String) -> [String: String] {
        let interface = host.contains(":") ? "[\(host)]" : host
        return ["listen_interfaces": "\"\(interface):0\"", "outgoing_interfaces": "\"\(host)\""]
    }

    /// Starts one with `settings` of libtorrent, their values in JSON; on the loopback when no setting says otherwise.
    static func with<Result: Sendable>(
        _ settings: [String: String] = [:],
        prefix: [String] = [],
        _ body: (Libtorrent) async throws -> Result
    ) async throws -> Result {
        let members = settings.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        let command = [LibtorrentDriver.python, Checkout.path + "/tools/libtorrent-client", "{\(members)}"]
        return try await RunningProgram.with(prefix + command) { try await body(Libtorrent(program: $0)) }
    }

    /// The first event from the `start`th line on with that name for which `condition` holds.
    @discardableResult
    func event(
        _ name: String,
        from start: Int = 0,
        where condition: @escaping @Sendable (JSON) -> Bool = { _ in true }
    ) async throws -> JSON {
        let line = try await program.line("libtorrent says \(name)", from: start) { line in
            guard let event = try? JSON(parsing: line) else { return false }
            return event["event"].string == name && condition(event)
        }
        return try JSON(parsing: line)
    }

    private func order(_ members: [String: JSON]) async throws {
        try await program.send(JSON.object(members).text)
    }

    /// Adds a torrent.
    ///
    /// - Parameters:
    ///   - placement: the .torrent file, and where its content is or shall be.
    ///   - usesTrackers: whether to announce to its trackers.
    ///   - usesPEX: whether to exchange peers (BEP 11).
    ///   - most: how many connections the torrent takes.
    /// - Throws: when the client has ended.
    func add(
        _ placement: Placement,
        usesTrackers: Bool = true,
        usesPEX: Bool = false,
        most: Int? = nil
    ) async throws {
        var members: [String: JSON] = [
            "add": .string(placement.torrent), "to": .string(placement.folder), "trackers": .bool(usesTrackers),
            "pex": .bool(usesPEX),
        ]
        members["most"] = most.map { .number(Double($0)) }
        try await order(members)
    }

    /// Dials a peer for all torrents.
    func connect(to address: String) async throws { try await order(["connect": .string(address)]) }

    /// Where it listens for peers.
    var port: Int {
        get async throws { try await event("listening")["port"].int ?? 0 }
    }

    func untilComplete(_ torrent: TorrentIdentity) async throws { try await untilComplete(torrent.name) }

    func untilComplete(_ name: String) async throws {
        // It calls a torrent finished after a check of complete data too.
        try await event("finished") { $0["torrent"].string == name && $0["progress"].number == 1 }
    }

    private func ask(_ what: String, where condition: @escaping @Sendable (JSON) -> Bool) async throws -> JSON {
        let start = await program.lineCount
        try await order(["ask": .string(what)])
        return try await event(what, from: start, where: condition)
    }

    /// Waits until it has written to its files what it has of a torrent; gives how much that is, 0…1.
    func flush(_ name: String) async throws -> Double {
        let start = await program.lineCount
        try await order(["flush": .bool(true)])
        return try await event("flushed", from: start) { $0["torrent"].string == name }["progress"].number ?? 0
    }

    func status(of name: String) async throws -> JSON { try await ask("status") { $0["torrent"].string == name } }

    /// Asks the tracker of a torrent for its numbers, until it answers.
    func scrape(_ name: String) async throws -> (seeders: Int?, leechers: Int?) {
        let start = await program.lineCount
        try await order(["scrape": .bool(true)])
        let scraped = try await event("scraped", from: start) { $0["torrent"].string == name }
        return (scraped["seeders"].int, scraped["leechers"].int)
    }

    func peers() async throws -> [JSON] { try await ask("peers") { _ in true }["peers"].array }

    /// What went over the wire, a line a message.
    func wire() async throws -> [String] { try await ask("log") { _ in true }["lines"].array.compactMap(\.string) }

    func isPrivate(_ torrent: TorrentIdentity) async throws -> Bool? {
        try await status(of: torrent.name)["is_private"] == .bool(true)
    }
}
