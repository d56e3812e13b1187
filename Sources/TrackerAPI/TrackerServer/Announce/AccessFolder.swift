import AnnounceDoors
import BitTorrentTypes
import Glibc
import Logging
import TrackerWire

/// The lists that an operator keeps as files, and may change while the tracker runs; read anew within two seconds.
///
///     torrents.allow    tracked even when the catalogue does not list them         info-hashes, 40 hexadecimal digits
///     torrents.deny     refused in every mode
///     addresses.allow   when there are any, nobody else may announce               addresses and networks: 10.0.0.0/8
///     addresses.deny    refused
///     passkeys          of the members of a private tracker                        8 to 64 letters, digits, - and _
///
/// One entry a line; what follows `#` is a remark; a file that is not there is an empty list. A line that makes no sense
/// is named in the log and left out.
struct AccessFolder: Sendable {
    /// A file that is longer is not read.
    private static let longest = 64 << 20

    /// Absolute.
    let path: String
    let logger: Logger

    /// What tells that a file changed.
    private struct Mark: Hashable {
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    /// Watches the files until cancelled; `replace` gets the lists each time that one changed.
    func watch(_ replace: (AccessLists) -> Void) async throws {
        var marks: [String: Mark?] = [:]
        while true {
            let now = Dictionary(uniqueKeysWithValues: Self.names.map { ($0, mark($0)) })
            if now != marks {
                let isFirst = marks.isEmpty
                marks = now
                if !isFirst || now.values.contains(where: { $0 != nil }) { replace(read()) }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// All lists as they are now.
    func read() -> AccessLists {
        var lists = AccessLists()
        take("torrents.allow") { line in InfoHash(hex: line).map { lists.allowedTorrents.insert($0) } != nil }
        take("torrents.deny") { line in InfoHash(hex: line).map { lists.deniedTorrents.insert($0) } != nil }
        take("addresses.allow") { lists.allowedAddresses.insert($0) }
        take("addresses.deny") { lists.deniedAddresses.insert($0) }
        take("passkeys") { line in
            guard Passkey.isWellFormed(line.utf8) else { return false }
            lists.passkeys.insert(Array(line.utf8))
            return true
        }
        return lists
    }

    private static let names = ["torrents.allow", "torrents.deny", "addresses.allow", "addresses.deny", "passkeys"]

    private func take(_ name: String, _ entry: (String) -> Bool) {
        let lines = bytes(name).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let content = line.prefix { $0 != UInt8(ascii: "#") }
            let words = content.split { $0 == 0x20 || $0 == 9 || $0 == 13 }
            guard let word = words.first else { continue }
            guard words.count == 1, entry(String(decoding: word, as: UTF8.self)) else {
                // Not the line itself: it may be a passkey.
                logger.warning("a line of a list makes no sense", metadata: ["path": "\(path)/\(name):\(number + 1)"])
                continue
            }
        }
    }

    private func mark(_ name: String) -> Mark? {
        var status = stat()
        guard stat("\(path)/\(name)", &status) == 0 else { return nil }
        return Mark(
            inode: UInt(status.st_ino),
            size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }

    private func bytes(_ name: String) -> [UInt8] {
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += part[..<count]
            if bytes.count > Self.longest {
                logger.error("a list is too long and left out", metadata: ["path": "\(path)/\(name)"])
                return []
            }
        }
    }
}
