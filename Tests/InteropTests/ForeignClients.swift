import Foundation
import RunningSuite

/// A BitTorrent client of other people as a test sees it: it is given torrents and says when it has them.
protocol ForeignClient: Sendable {
    static var name: String { get }
    /// `nil` when it is there; else what to say of the tests that are left out.
    static var missing: String? { get }
    /// Whether it makes the empty files of a torrent.
    static var makesEmptyFiles: Bool { get }
    /// Where it lives in a ``PrivateNetwork``.
    static var address: String { get }

    /// Starts one in `network` with `torrents`, and the folder `scratch` for itself; ends it after `body`.
    static func with<Result: Sendable>(
        _ torrents: [Placement],
        in network: PrivateNetwork,
        scratch: ScratchFolder,
        _ body: (Self) async throws -> Result
    ) async throws -> Result

    /// Waits until the client itself says that it has all of a torrent.
    func untilComplete(_ torrent: TorrentIdentity) async throws

    /// Whether the client takes the torrent for a private one; `nil` when it does not tell.
    func isPrivate(_ torrent: TorrentIdentity) async throws -> Bool?
}

extension ForeignClient {
    static var makesEmptyFiles: Bool { true }

    /// The files that differ between `original` and what this client made of it at `copy`, or are in one of them only.
    static func differences(of copy: String, from original: String) throws -> Set<String> {
        let (made, wanted) = (try files(in: copy), try files(in: original))
        return Set(made.keys).union(wanted.keys).filter { name in
            if made[name] == nil, wanted[name]?.isEmpty == true { return makesEmptyFiles }
            return made[name] != wanted[name]
        }
    }

    /// A file, under the name "", or the files of a tree.
    private static func files(in path: String) throws -> [String: Data] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return ["": try Data(contentsOf: URL(filePath: path))]
        }
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let whole = "\(path)/\(name)"
            guard FileManager.default.fileExists(atPath: whole, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            files[name] = try Data(contentsOf: URL(filePath: whole))
        }
        return files
    }
}

/// A .torrent file and the folder that holds, or shall hold, its content.
struct Placement: Sendable {
    let torrent: String
    let folder: String
}

/// Clients know a torrent by one of these.
struct TorrentIdentity: Sendable {
    /// Of the file or folder that it is of.
    let name: String
    /// Of version 1, in lower-case hexadecimal.
    let infoHash: String
}
