import ArgumentParser
import BitTorrentTypes
import BusServices
import BusTransport
import Glibc
import Metainfo

/// The arguments of `add` and `download`.
struct AdditionOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A .torrent file, a magnet link, or the URL of a .torrent file.", valueName: "torrent")
    )
    var torrent: String

    @Option(
        name: .long,
        help: ArgumentHelp("The folder to download into; default: the suite's download folder.", valueName: "dir")
    )
    var to: String?

    @Option(name: .long, help: ArgumentHelp("The peer-node to use; default: the least loaded.", valueName: "n"))
    var node: NodeChoice?

    @Option(
        name: .long,
        help: ArgumentHelp("A peer to try besides the tracker's.", valueName: "host:port"),
        transform: { text in try PeerOption.parse(text) }
    )
    var peer: [PeerOption] = []

    @OptionGroup var choices: ChangeOptions

    @OptionGroup var suite: SuiteOptions

    func validate() throws {
        if torrent.isEmpty { throw ValidationError("The torrent is empty; give a file, a magnet link or a URL.") }
    }

    func metainfo(from connection: SuiteConnection) async throws -> (Metainfo, [PeerAddress]) {
        let source = try TorrentSource(torrent)
        let metainfo = try await source.metainfo(from: connection)
        if case .magnet(let magnet) = source { return (metainfo, magnet.peers) }
        return (metainfo, [])
    }

    /// Adds the torrent; answers with what the node says of it.
    func add(
        _ metainfo: Metainfo,
        peers: [PeerAddress],
        to connection: SuiteConnection
    ) async throws -> (torrent: TorrentSummary, alreadyPresent: Bool) {
        try TorrentFile.checkForSuite(metainfo)
        let directory = try directory(in: connection)
        let added = try await PlacementTurn.with(connection.home) {
            try await add(metainfo, peers: peers, in: directory, to: connection)
        }
        let place = BytePath(added.torrent.path)
        if to != nil, added.alreadyPresent, place != directory.appending(metainfo.name) {
            Console.current.remark("\(added.torrent.node) has it already at \(place), so --to changes nothing")
        }
        if added.alreadyPresent, try choices.change(for: metainfo) != TorrentChange() {
            let id = metainfo.infoHash.hex.prefix(8)
            Console.current.remark("it is there already; change what it downloads with: p2pctl configure \(id)")
        }
        return added
    }

    private func add(
        _ metainfo: Metainfo,
        peers: [PeerAddress],
        in directory: BytePath,
        to connection: SuiteConnection
    ) async throws -> (torrent: TorrentSummary, alreadyPresent: Bool) {
        let placement = try await connection.placement()
        var chosen = try placement.node(for: metainfo, in: directory, isFolderNamed: to != nil)
        if chosen == nil, node == nil {
            let processes = try await connection.settledReport().processes
            chosen = try placement.nodeForCopy(of: metainfo.infoHash, among: processes)
        }
        var addition = TorrentAddition(metainfo: metainfo.bytes, directory: directory.bytes)
        addition.isPaused = choices.start.paused
        addition.change = try choices.change(for: metainfo)
        addition.peers = peers
        for option in peer { addition.peers += try option.addresses() }
        let (request, target) = (addition, node?.name ?? chosen)
        return try await connection.patiently { try await connection.torrents(on: target).add(request) }
    }

    private func directory(in connection: SuiteConnection) throws -> BytePath {
        guard let to else { return try connection.home.downloadFolder() }
        let folder = try BytePath.absolute(to)
        if let stamp = FileStamp(of: folder, followingLinks: true), stamp.kind != .folder {
            throw CommandFailure("\(folder) is not a folder; choose one with --to")
        }
        return folder
    }
}

/// A peer as somebody names it: `host:port`, the host an address or a name.
struct PeerOption: Hashable, Sendable {
    let host: String
    let port: UInt16

    static func parse(_ text: String) throws -> PeerOption {
        if let address = PeerAddress(text) { return PeerOption(host: address.ip.description, port: address.port) }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            colon > text.startIndex, !text[..<colon].contains(":")
        else { throw ValidationError("'\(DisplayText.escaped(text))' is no peer; write HOST:PORT or [IPV6]:PORT.") }
        return PeerOption(host: String(text[..<colon]), port: port)
    }

    /// The addresses behind the name.
    func addresses() throws -> [PeerAddress] {
        if let ip = IPAddress(host) { return [PeerAddress(ip: ip, port: port)] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, nil, &hints, &found)
        guard failure == 0 else {
            let reason = String(cString: gai_strerror(failure))
            throw CommandFailure("the peer \(DisplayText.escaped(host)) has no address: \(reason); check its name")
        }
        defer { freeaddrinfo(found) }
        var addresses: [PeerAddress] = []
        var next = found
        while let info = next {
            if let ip = Self.address(of: info.pointee) { addresses.append(PeerAddress(ip: ip, port: port)) }
            next = info.pointee.ai_next
        }
        return addresses
    }

    private static func address(of info: addrinfo) -> IPAddress? {
        guard let address = info.ai_addr else { return nil }
        let raw = UnsafeRawPointer(address)
        switch info.ai_family {
        case AF_INET:
            let four = raw.loadUnaligned(as: sockaddr_in.self)
            return .v4(UInt32(bigEndian: four.sin_addr.s_addr))
        case AF_INET6:
            var six = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return IPAddress(bytes: withUnsafeBytes(of: &six) { Array($0) })
        default:
            return nil
        }
    }
}
