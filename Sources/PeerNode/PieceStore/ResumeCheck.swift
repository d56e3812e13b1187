package import BitTorrentTypes
package import Metainfo

/// What a restart may believe of the recorded pieces, and what it must hash.
///
/// A recorded piece counts while its files are there, long enough, and unchanged since it was recorded. A file that
/// was still being filled when the process was killed has a later time than its stamp: our own last writes. There
/// the recorded pieces count (they were flushed before they were recorded); after an orderly end nothing excuses a
/// difference.
///
/// Every piece that does not count and whose bytes may be on the disk is hashed, so that nothing that is
/// there is fetched again.
package struct ResumeCheck: Hashable, Sendable {
    /// Recorded pieces that count at once.
    package let trusted: Bitfield

    /// Judges a torrent by what was recorded of it and the files as they are now.
    ///
    /// `aside` are files whose bytes are kept in another place that only we know, which reaches so far; they need no
    /// stamp. `suspects` are files that were seen to be changed by others, whatever their stamps say.
    package init(
        metainfo: Metainfo,
        recorded: Bitfield,
        stamps: [Int: FileStamp],
        wasClean: Bool,
        found: [Int: FileStamp],
        suspects: Set<Int> = [],
        aside: (files: Set<Int>, size: Int) = ([], 0)
    ) {
        let layout = metainfo.layout
        var trusted = recorded
        for (index, file) in metainfo.files.enumerated() where file.length > 0 && !file.isPadding {
            let pieces = file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength
            let isWhole = pieces.allSatisfy { number in layout.piece(number).map(recorded.contains) ?? false }
            let judge = Judge(stamp: stamps[index], found: found[index], isStrict: wasClean || isWhole)
            for number in pieces {
                guard let piece = layout.piece(number), trusted.contains(piece) else { continue }
                let end = min(layout.start(of: piece) + layout.length(of: piece), file.offset + file.length)
                if aside.files.contains(index) {
                    if end > aside.size { trusted.remove(piece) }
                    continue
                }
                if suspects.contains(index) || !judge.believes(upTo: end - file.offset) { trusted.remove(piece) }
            }
        }
        self.trusted = trusted
    }

    /// One file's case.
    private struct Judge {
        let stamp: FileStamp?
        let found: FileStamp?
        let isStrict: Bool

        func believes(upTo end: Int) -> Bool {
            guard let stamp, let found, found.size >= end else { return false }
            return isStrict ? found == stamp : found.size >= stamp.size && found.modified >= stamp.modified
        }
    }
}
