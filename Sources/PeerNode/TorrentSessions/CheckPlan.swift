import BitTorrentTypes
import BusServices
import Metainfo
import PieceStore

/// A check of what is on the disk, as far as it has come.
struct CheckProgress: Sendable {
    /// The pieces that were verified when a person asked for a recheck; `nil` for a check of the node's own.
    let before: Bitfield?
    /// What is still to be hashed.
    var unchecked: Bitfield
    /// Bytes that there were to hash when the check began, maybe in an earlier run.
    let bytesTotal: Int
    var bytesDone: Int

    var kind: HashTask.Kind { before == nil ? .check : .recheck }

    /// As the database keeps it.
    var record: RecordedCheck {
        RecordedCheck(unchecked: unchecked.bytes, before: before?.bytes, bytesTotal: bytesTotal)
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
    /// Pieces that a recheck takes away without a look: their files are gone or too short.
    let lost: Int

    /// Judges the recorded pieces by the files; blocks on the disk.
    ///
    /// `found` are the stamps of the files that are there.
    init(_ record: TorrentRecord, files: TorrentFiles, found: [Int: FileStamp]) throws(StoreError) {
        let layout = files.metainfo.layout
        let recorded = Bitfield(wire: record.verified, pieceCount: layout.pieceCount)
        let trusted = ResumeCheck(
            metainfo: files.metainfo,
            recorded: recorded ?? Bitfield(pieceCount: layout.pieceCount),
            stamps: record.stamps,
            // A check writes nothing: while one is open, whatever changed was changed by others.
            wasClean: record.isClean || record.check != nil,
            found: found
        ).trusted
        let left = record.check.flatMap { Bitfield(wire: $0.unchecked, pieceCount: layout.pieceCount) }
        let before = record.check?.before.flatMap { Bitfield(wire: $0, pieceCount: layout.pieceCount) }
        var unchecked = Bitfield(pieceCount: layout.pieceCount)
        var (bytes, lost) = (0, 0)
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
            } else if before?.contains(piece) == true, isLeft || recorded?.contains(piece) == true {
                lost += 1
            }
        }
        verified = trusted
        self.lost = lost
        let total = max(bytes, record.check?.bytesTotal ?? 0)
        check =
            unchecked.isEmpty
            ? nil
            : CheckProgress(before: before, unchecked: unchecked, bytesTotal: total, bytesDone: total - bytes)
    }
}
