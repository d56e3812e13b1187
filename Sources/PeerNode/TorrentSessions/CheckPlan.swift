import BitTorrentTypes
import BusServices
import Metainfo
import PieceStore

/// A check of what is on the disk, as far as it has come.
struct CheckProgress: Sendable {
    /// The pieces that were verified when the check began; `nil` when nobody asks what is lost.
    let before: Bitfield?
    /// Whether a person asked for it.
    let isAsked: Bool
    /// What is still to be hashed.
    var unchecked: Bitfield
    /// Bytes that there were to hash when the check began, maybe in an earlier run.
    let bytesTotal: Int
    var bytesDone: Int

    var kind: HashTask.Kind { isAsked ? .recheck : .check }

    /// As the database keeps it.
    var record: RecordedCheck {
        RecordedCheck(unchecked: unchecked.bytes, before: before?.bytes, isAsked: isAsked, bytesTotal: bytesTotal)
    }
}

/// What a start believes of a torrent, and what it has hashed first.
///
///     recorded          verified, files unchanged      │ verified, files changed │ not verified
///     no open check     believed                       │ hashed                  │ hashed if bytes may be there
///     open check: left  hashed, believed until then    │ hashed                  │ hashed
///     open check: done  believed                       │ hashed                  │ hashed only in files that changed
///
/// So a check that was interrupted reads nothing twice, and nothing that is on the disk is fetched again.
struct CheckPlan: Sendable {
    let verified: Bitfield
    /// `nil` when nothing is to be hashed.
    let check: CheckProgress?
    /// Whether a person asked for the check; else pieces that are lost stop the torrent.
    let isAsked: Bool
    /// Verified pieces that are gone without a look: their files are, or are too short.
    let lost: [PieceIndex]
    /// Files that are not as they were recorded.
    let changed: Set<Int>

    /// Judges the recorded pieces by the files; blocks on the disk.
    ///
    /// `found` are the stamps of the files that are there; `suspects` were seen to be changed by others. With
    /// `fetchesMissing` a person wants what is lost to be fetched again.
    init(
        _ record: TorrentRecord,
        files: TorrentFiles,
        found: [Int: FileStamp],
        suspects: Set<Int>,
        fetchesMissing: Bool
    ) throws(StoreError) {
        let layout = files.metainfo.layout
        let recorded = Bitfield(wire: record.verified, pieceCount: layout.pieceCount)
        let trusted = ResumeCheck(
            metainfo: files.metainfo,
            recorded: recorded ?? Bitfield(pieceCount: layout.pieceCount),
            stamps: record.stamps,
            // A check writes nothing: while one is open, whatever changed was changed by others.
            wasClean: record.isClean || record.check != nil,
            found: found,
            suspects: suspects,
            aside: (Set(files.metainfo.files.indices.filter(files.isAside)), files.asideSize())
        ).trusted
        let left = record.check.flatMap { Bitfield(wire: $0.unchecked, pieceCount: layout.pieceCount) }
        isAsked = record.check?.isAsked == true
        let before =
            !isAsked && fetchesMissing
            ? nil
            : record.check == nil
                ? recorded : record.check?.before.flatMap { Bitfield(wire: $0, pieceCount: layout.pieceCount) }
        var unchecked = Bitfield(pieceCount: layout.pieceCount)
        var (bytes, lost) = (0, [PieceIndex]())
        for piece in layout.pieces {
            let isLeft = left?.contains(piece) == true
            guard isLeft || !trusted.contains(piece) else { continue }
            if left != nil, !isLeft, recorded?.contains(piece) != true {
                let isChanged = files.files(of: piece).contains { record.stamps[$0] != found[$0] }
                guard isChanged else { continue }
            }
            // Files that were not written by us may hold data in what looks like a hole.
            if try files.mayHold(piece, found: found, countingHoles: isLeft) {
                unchecked.insert(piece)
                bytes += layout.length(of: piece)
            } else if before?.contains(piece) == true, isLeft || recorded?.contains(piece) == true,
                // A file that nobody wants may be deleted.
                !files.files(of: piece).contains(where: files.isAside)
            {
                lost.append(piece)
            }
        }
        verified = trusted
        self.lost = lost
        changed = suspects.union(record.stamps.filter { found[$0.key] != $0.value }.keys)
        let total = max(bytes, record.check?.bytesTotal ?? 0)
        check =
            unchecked.isEmpty
            ? nil
            : CheckProgress(
                before: before,
                isAsked: isAsked,
                unchecked: unchecked,
                bytesTotal: total,
                bytesDone: total - bytes
            )
    }
}
