package import BitTorrentTypes
package import TrackerWire

/// Who may announce what; a value that is replaced when a list changes.
package final class AccessRules: Sendable {
    package let isPrivate: Bool
    /// Whose word about their own address is taken.
    package let trusted: NetworkSet
    /// Whose word about the address of others is taken.
    package let proxies: NetworkSet
    package let lists: AccessLists

    package init(
        isPrivate: Bool = false,
        trusted: NetworkSet = [],
        proxies: NetworkSet = [],
        lists: AccessLists = .init()
    ) {
        self.isPrivate = isPrivate
        self.trusted = trusted
        self.proxies = proxies
        self.lists = lists
    }

    /// Whether `ip` may use the tracker at all.
    package func check(_ ip: IPAddress) throws(AnnounceRefusal) {
        if !lists.deniedAddresses.isEmpty, lists.deniedAddresses.contains(ip) { throw .addressDenied }
        if !lists.allowedAddresses.isEmpty, !lists.allowedAddresses.contains(ip) { throw .addressDenied }
    }

    /// Whether a client with this passkey may use it; only a private tracker asks for one.
    package func check(passkey: @autoclosure () -> [UInt8]?) throws(AnnounceRefusal) {
        guard isPrivate else { return }
        guard let passkey = passkey(), lists.passkeys.contains(passkey) else { throw .wrongPasskey }
    }

    package func check(_ infoHash: InfoHash) throws(AnnounceRefusal) {
        if !lists.deniedTorrents.isEmpty, lists.deniedTorrents.contains(infoHash) { throw .denied }
    }

    /// Whether a torrent is tracked though the catalogue does not list it.
    package func allows(_ infoHash: InfoHash) -> Bool {
        !lists.allowedTorrents.isEmpty && lists.allowedTorrents.contains(infoHash)
    }

    /// Where the peer of an announce is: what it claims, when its word is taken, else where it came from.
    package func address(claimed: IPAddress?, by ip: IPAddress) -> IPAddress {
        guard let claimed, !trusted.isEmpty, trusted.contains(ip) else { return ip }
        return claimed
    }

    /// The address that a request came from, when `source` may be a proxy: the last one it names.
    package func client(_ source: IPAddress, forwardedFor: @autoclosure () -> String?) -> IPAddress {
        guard !proxies.isEmpty, proxies.contains(source), let named = forwardedFor() else { return source }
        let last = named.split(separator: ",").last.map { $0.filter { $0 != " " } }
        return last.flatMap { IPAddress($0) } ?? source
    }
}

/// The contents of the lists; see ``AccessFolder``.
package struct AccessLists: Hashable, Sendable {
    package var allowedTorrents: Set<InfoHash> = []
    package var deniedTorrents: Set<InfoHash> = []
    package var allowedAddresses: NetworkSet = []
    package var deniedAddresses: NetworkSet = []
    package var passkeys: Set<[UInt8]> = []

    package init() {}
}
