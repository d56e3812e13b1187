import BitTorrentTypes
import Foundation
import GRDB

/// What a node's database says of its torrents, when anything may stand in its cells: it is read without a trap, and
/// what comes of it lies within its bounds.
///
///     again and again:   row 1 │ column 1 │ kind 1 │ value      kind: NULL, 8 bytes of a whole number, 8 of a real one,
///                                                               length 1 and text, length 1 and bytes
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    var cells = CellReader(bytes: Array(UnsafeBufferPointer(start: start, count: size)))
    do {
        try shared.perform { database in
            try database.execute(sql: "DELETE FROM node_limits; DELETE FROM listener; DELETE FROM torrent")
            for sql in whole { try database.execute(sql: sql) }
            while let (table, column, value) = cells.next() {
                let names = try database.columns(in: table).map(\.name)
                let name = names[column % names.count]
                // What the schema forbids, the check at the opening finds.
                try? database.execute(sql: "UPDATE \(table) SET \(name) = ?", arguments: [value])
            }
        }
        for record in try shared.torrents() { check(record) }
        _ = try shared.nodeLimits()
        _ = try shared.listenPort(preferring: 1)
    } catch {
        fatalError("the database failed: \(error)")
    }
    return 0
}

/// In memory: every input is a transaction, which waits for the disk.
private let folder = "/dev/shm/p2p-fuzz-\(getpid())"

private let shared: NodeDatabase = {
    do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: folder) }
        return try NodeDatabase(path: folder + "/state.db")
    } catch {
        fatalError("\(error)")
    }
}()

/// One row in each table.
private let whole = [
    """
    INSERT INTO torrent (id, info_hash, metainfo, directory, is_paused, added_at, verified, peers)
    VALUES (1, x'0101010101010101010101010101010101010101', x'00', x'2f', 0, 1, x'fe', '127.0.0.1:1')
    """,
    "INSERT INTO file_stamp VALUES (1, 0, 5, 6)",
    """
    INSERT INTO piece_check (torrent_id, unchecked, before, is_asked, bytes_total, is_halted)
    VALUES (1, x'80', x'fe', 1, 9, 0)
    """,
    "INSERT INTO torrent_options VALUES (1, x'0102', 1, 2048, 2048, 1.5, 60, 50, 4, 1, '0 60')",
    "INSERT INTO node_limits VALUES (1, 4096, 4096, 'on')",
    "INSERT INTO listener VALUES (1, 1, 6881)",
]

private struct CellReader {
    private static let tables = [
        "torrent", "file_stamp", "piece_check", "torrent_options", "node_limits", "listener",
    ]
    var bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> (table: String, column: Int, value: DatabaseValue)? {
        guard bytes.count - place >= 4 else { return nil }
        let table = Self.tables[Int(take(1)[0]) % Self.tables.count]
        let column = Int(take(1)[0])
        let kind = take(1)[0] % 5
        switch kind {
        case 0: return (table, column, .null)
        case 1: return (table, column, Int64(bitPattern: number()).databaseValue)
        case 2: return (table, column, Double(bitPattern: number()).databaseValue)
        case 3: return (table, column, String(decoding: take(Int(take(1)[0])), as: UTF8.self).databaseValue)
        default: return (table, column, Data(take(Int(take(1)[0]))).databaseValue)
        }
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        let taken = Array(bytes[min(place, bytes.count)..<min(place + count, bytes.count)])
        place += count
        return taken.isEmpty && count == 1 ? [0] : taken
    }

    private mutating func number() -> UInt64 { take(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

private func check(_ record: TorrentRecord) {
    let counters = record.counters
    let all = [
        counters.downloaded, counters.uploaded, counters.wasted, counters.hashFailed, counters.badPieces,
        counters.seedingSeconds, record.check?.bytesTotal ?? 0,
    ]
    precondition(all.allSatisfy { $0 >= 0 }, "counts")
    precondition(
        !all.reduce((sum: 0, overflow: false)) { sum, one in
            let (next, overflow) = sum.sum.addingReportingOverflow(one)
            return (next, sum.overflow || overflow)
        }.overflow,
        "counts that can be counted on"
    )
    for pieceCount in [0, 7, 8, 1_000] {
        guard let verified = Bitfield(wire: record.verified, pieceCount: pieceCount) else { continue }
        precondition(verified.count <= pieceCount && verified.indices.count == verified.count, "pieces of the torrent")
    }
}
