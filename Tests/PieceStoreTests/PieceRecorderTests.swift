import BitTorrentTypes
import Foundation
import Metainfo
import PieceStore
import Synchronization
import Testing

@Suite struct `Piece recorder` {
    @Test func `records a group of pieces in one go, with their stamps`() async throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 40_000)])
        let database = try NodeDatabase(path: folder.url.appending(path: "state.db").path)
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        try database.save(
            TorrentRecord(
                infoHash: metainfo.infoHash,
                metainfo: metainfo.bytes,
                directory: folder.path,
                isPaused: false,
                addedAt: 0,
                verified: Bitfield(pieceCount: 3)
            )
        )
        try files.write(pattern(40_000), at: 0)
        let recorder = PieceRecorder(database: database, delayMilliseconds: 60_000)
        let reported = Mutex<[PieceIndex]>([])
        var verified = Bitfield(pieceCount: 3)
        for piece in metainfo.layout.pieces.prefix(2) {
            verified.insert(piece)
            recorder.add([piece], verified: verified, counters: RecordedCounters(), of: files) { result in
                if case .success(let pieces) = result { reported.withLock { $0 += pieces } }
            }
            #expect(reported.withLock { $0 }.isEmpty)
        }
        let records = await recorder.afterFlush { database in Result { try database.torrents() } }
        let found = try #require(try records.get().first)
        #expect(reported.withLock { $0 }.map(\.rawValue) == [0, 1])
        #expect(found.verified == verified.bytes)
        let stamps = try files.stamps()
        #expect(found.stamps == stamps)
    }

    @Test func `pieces whose bytes cannot be flushed are not recorded`() async throws {
        let folder = try TemporaryFolder()
        let metainfo = try tree([("a", 40_000)])
        let database = try NodeDatabase(path: folder.url.appending(path: "state.db").path)
        let files = TorrentFiles(metainfo: metainfo, directory: folder.path, cache: DescriptorCache())
        let recorder = PieceRecorder(database: database, delayMilliseconds: 60_000)
        let failures = Mutex(0)
        let all = Array(metainfo.layout.pieces)
        recorder.add(all, verified: Bitfield(allOf: 3), counters: RecordedCounters(), of: files) { result in
            if case .failure = result { failures.withLock { $0 += 1 } }
        }
        let records = await recorder.afterFlush { database in Result { try database.torrents() } }
        #expect(failures.withLock { $0 } == 1)
        #expect(try records.get().isEmpty)
    }
}
