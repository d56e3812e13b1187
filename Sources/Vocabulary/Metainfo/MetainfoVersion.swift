/// Which description of its data a torrent carries.
///
///     v1       SHA-1 of pieces that run over all files                   `pieces`, `files` or `length`
///     v2       a SHA-256 tree over each file                             `file tree`, `piece layers`
///     hybrid   both, of the same files, each beginning with a piece      all of these
///
/// - Source: BEP 3 (v1), BEP 52 (v2, "upgrade path" for hybrids).
package enum MetainfoVersion: String, Hashable, Sendable, CaseIterable {
    case v1
    case hybrid
    case v2

    /// Whether there is a SHA-1 of each piece, and an info-hash of version 1.
    package var hasV1: Bool { self != .v2 }

    /// Whether there is a tree over each file, and an info-hash of version 2.
    package var hasV2: Bool { self != .v1 }
}

extension Metainfo {
    /// Refuses what our nodes cannot share yet: a swarm of version 2 alone speaks a protocol with trees.
    ///
    /// A hybrid is shared in the swarm of its version 1.
    package func requireShareable() throws(MetainfoError) {
        guard version.hasV1 else { throw .versionTwoOnly }
    }
}
