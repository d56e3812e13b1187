import BitTorrentTypes
import Foundation
import GRDB
import PieceStore
import Testing

/// Values that no version of the program wrote, in a database that is whole to SQLite.
///
/// - Source: rows 176 and 178 of the list of bad inputs.
@Suite struct `A damaged cell` {
    private static let infoHash = InfoHash([UInt8](repeating: 7, count: 20))

    /// Saves a torrent, runs `sql` on the file, and reads the torrent again.
    private func torrent(after sql: String) throws -> TorrentRecord? {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "state.db").path
        let infoHash = try #require(Self.infoHash)
        do {
            let database = try NodeDatabase(path: path)
            var record = TorrentRecord(
                infoHash: infoHash,
                metainfo: [1, 2, 3],
                directory: Array("/data".utf8),
                isPaused: true,
                addedAt: 1_700_000_000,
                verified: Bitfield(allOf: 12)
            )
            record.check = RecordedCheck(unchecked: [0xFF, 0xF0], bytesTotal: 7)
            try database.save(record)
            var counters = RecordedCounters()
            counters.uploaded = 5
            let stamps = [0: FileStamp(size: 1, modified: 2), 1: FileStamp(size: 3, modified: 4)]
            try database.record([
                NodeDatabase.Progress(
                    infoHash: infoHash,
                    verified: Bitfield(allOf: 12),
                    counters: counters,
                    stamps: stamps
                )
            ])
            try database.close()
        }
        let raw = try DatabaseQueue(path: path)
        try raw.write { try $0.execute(sql: sql) }
        try raw.close()
        return try NodeDatabase(path: path).torrent(infoHash)
    }

    @Test func `of a stamp costs that stamp, and no other`() throws {
        // As one bit makes it: eight bytes of a whole number are those of a real one.
        let found = try torrent(after: "UPDATE file_stamp SET modified = 1.5e300 WHERE file = 1")
        #expect(found?.stamps == [0: FileStamp(size: 1, modified: 2)])
    }

    @Test(arguments: [
        "is_paused = 'yes'", "added_at = x'00'", "is_clean = 'no'", "downloaded = 0.5", "queue_position = 'first'",
        "peers = x'FF'", "verified = 1.5", "mount_point = 9", "move_phase = 'two', move_folder = 3",
    ])
    func `of a torrent leaves the torrent`(damage: String) throws {
        let found = try torrent(after: "UPDATE torrent SET \(damage)")
        #expect(found?.metainfo == [1, 2, 3])
        #expect(found?.counters.uploaded == 5)
    }

    @Test(arguments: ["is_asked = 'x'", "is_halted = 'x'", "bytes_total = 'x'", "unchecked = 5"])
    func `of a check leaves the torrent`(damage: String) throws {
        #expect(try torrent(after: "UPDATE piece_check SET \(damage)")?.check?.bytesTotal ?? 0 >= 0)
    }

    @Test func `makes no counter that overflows when it goes on counting`() throws {
        let counters = try torrent(after: "UPDATE torrent SET downloaded = -1, uploaded = 9223372036854775807")?
            .counters
        #expect(counters?.downloaded == 0)
        #expect((counters?.uploaded ?? .max) < .max / 64)
    }
}
