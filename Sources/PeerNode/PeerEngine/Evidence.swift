import BitTorrentTypes

/// What is left of bad pieces, until a good version of each shows which blocks were wrong.
///
///     bad      ■ ann 7f…  ■ bob 31…  ■ ann c2…  ■ cid 90…      who sent each block, and its digest
///     good     ■     7f…  ■     31…  ■     55…  ■     90…      ann sent a wrong block; bob and cid did not
///
/// The digests are of the bytes on the disk, read back when a piece turned out bad and again when it is good at last, so
/// that a torrent without bad pieces pays nothing. A digest has 64 bits and a key that peers do not know: they cannot
/// send a wrong block that looks like the right one.
struct Evidence: Sendable {
    private struct Version {
        let piece: PieceIndex
        let senders: [Contributor]
        let digests: [UInt64]
    }

    struct Verdict: Hashable {
        let liar: Contributor
        /// How many of its blocks in the piece were wrong.
        let wrongBlocks: Int
    }

    private static let maximumVersions = 64

    /// Senders of bad pieces whose digests are on their way.
    private var pending: [PieceIndex: [Contributor]] = [:]
    private var versions: [Version] = []

    /// A piece is bad, and several sent its blocks; the digests follow.
    mutating func expectDigests(of piece: PieceIndex, from senders: [Contributor]) { pending[piece] = senders }

    /// Something of the piece is written anew: what is on the disk proves nothing any more.
    mutating func spoil(_ piece: PieceIndex) {
        guard !pending.isEmpty else { return }
        pending[piece] = nil
    }

    /// Keeps a bad version; returns whether it was expected.
    mutating func keep(_ digests: [UInt64], of piece: PieceIndex) -> Bool {
        guard let senders = pending.removeValue(forKey: piece), senders.count == digests.count else { return false }
        if versions.count >= Self.maximumVersions { versions.removeFirst() }
        versions.append(Version(piece: piece, senders: senders, digests: digests))
        return true
    }

    func isThere(for piece: PieceIndex) -> Bool { versions.contains { $0.piece == piece } }

    /// Whether `contributor` had a part in a bad piece that is not cleared up.
    func involves(_ contributor: Contributor) -> Bool { versions.contains { $0.senders.contains(contributor) } }

    /// The bad pieces that `contributor` had a part in, as far as they are not cleared up.
    func pieces(involving contributor: Contributor) -> [PieceIndex] {
        pending.filter { $0.value.contains(contributor) }.map(\.key)
            + versions.filter { $0.senders.contains(contributor) }.map(\.piece)
    }

    /// Holds the good version of a piece against the bad ones; returns who sent wrong blocks, and who only right ones.
    mutating func compare(_ good: [UInt64], of piece: PieceIndex) -> (liars: [Verdict], honest: [Contributor]) {
        var wrong: [Contributor: Int] = [:]
        var involved: [Contributor] = []
        for version in versions where version.piece == piece && version.digests.count == good.count {
            for (number, sender) in version.senders.enumerated() {
                if !involved.contains(sender) { involved.append(sender) }
                if version.digests[number] != good[number] { wrong[sender, default: 0] += 1 }
            }
        }
        versions.removeAll { $0.piece == piece }
        let liars = involved.compactMap { sender in wrong[sender].map { Verdict(liar: sender, wrongBlocks: $0) } }
        return (liars, involved.filter { wrong[$0] == nil })
    }
}
