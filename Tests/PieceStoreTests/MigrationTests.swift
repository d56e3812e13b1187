import BitTorrentTypes
import Foundation
import GRDB
import PieceStore
import Testing

@Suite struct `A database of an earlier version` {
    @Test func `opens with its torrents and no check`() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "state.db").path
        let infoHash = try #require(InfoHash([UInt8](repeating: 1, count: 20)))
        do {
            let database = try NodeDatabase(path: path)
            let record = TorrentRecord(
                infoHash: infoHash,
                metainfo: [1],
                directory: folder.path,
                isPaused: true,
                addedAt: 7,
                verified: Bitfield(allOf: 9)
            )
            try database.save(record)
            try database.close()
        }
        do {
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in
                try database.execute(
                    sql: """
                        DROP TABLE piece_check;
                        ALTER TABLE torrent DROP COLUMN bad_pieces;
                        ALTER TABLE torrent DROP COLUMN held;
                        ALTER TABLE torrent DROP COLUMN mount_point;
                        ALTER TABLE torrent DROP COLUMN move_phase;
                        ALTER TABLE torrent DROP COLUMN move_folder;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '3:%' OR identifier LIKE '4: volumes%';
                        """
                )
            }
            try queue.close()
        }
        let found = try #require(try NodeDatabase(path: path).torrent(infoHash))
        #expect(found.verified == Bitfield(allOf: 9).bytes)
        #expect(found.isPaused)
        #expect(found.check == nil)
        #expect(found.counters.badPieces == 0)
        #expect(found.held == nil)
        #expect(found.volume == nil)
    }
}
