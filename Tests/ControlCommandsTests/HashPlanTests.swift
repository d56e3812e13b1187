import BitTorrentTypes
import BusServices
import BusTransport
import Metainfo
import Testing

@testable import ControlCommands

/// Runs as one line each: `/a[0+8] ░4` is eight bytes of a file and four of padding.
private func drawn(_ run: PieceRun) -> String {
    let slices = run.slices.map { slice in
        slice.isPadding
            ? "░\(slice.length)" : "\(String(decoding: slice.path, as: UTF8.self))[\(slice.offset)+\(slice.length)]"
    }
    let kind =
        switch run.hashes {
        case .sha1: ""
        case .merkleRoot(let width): " tree \(width)"
        case .both(let width): " both \(width)"
        }
    return slices.joined(separator: " ") + kind
}

private func drawn(_ plan: HashPlan) -> [String] {
    plan.jobs.map { job in
        "\(job.firstPiece)×\(job.pieceCount): " + job.runs.map { drawn($0) }.joined(separator: " | ")
    }
}

private func files(_ lengths: [Int]) -> [FileSlice] {
    lengths.enumerated().map { FileSlice(path: Array("/f\($0)".utf8), offset: 0, length: $1) }
}

@Suite struct `Hash plan` {
    private func plan(_ lengths: [Int], piece: Int, job: Int, message: Int = .max) throws -> HashPlan {
        try HashPlan(
            PieceRuns.of(files(lengths), pieceLength: piece, version: .v1),
            limit: HashPlan.Limit(bytes: job, message: message)
        )
    }

    @Test func `cuts files into jobs of whole pieces`() throws {
        #expect(
            drawn(try plan([10, 0, 5], piece: 4, job: 8)) == [
                "0×2: /f0[0+8]", "2×2: /f0[8+2] /f2[0+5]",
            ]
        )
        #expect(drawn(try plan([9], piece: 4, job: 1)) == ["0×1: /f0[0+4]", "1×1: /f0[4+4]", "2×1: /f0[8+1]"])
        #expect(drawn(try plan([10, 5], piece: 4, job: .max)) == ["0×4: /f0[0+10] /f1[0+5]"])
        #expect(try plan([0, 0], piece: 4, job: 8).pieceCount == 0)
    }

    @Test func `ends a job early when it would name too many files for a message`() throws {
        let plan = try plan(Array(repeating: 1, count: 20_000), piece: 16, job: 1 << 20, message: 100_000)
        let named = plan.jobs.map { $0.runs.flatMap(\.slices).reduce(0) { $0 + $1.path.count + 32 } }
        #expect(named.allSatisfy { $0 < 101_000 })
        #expect(plan.jobs.count == 8)
        #expect(plan.pieceCount == 1250)
        #expect(plan.totalLength == 20_000)
        #expect(plan.jobs.dropLast().allSatisfy { $0.length % 16 == 0 })
    }

    @Test func `joins outcomes in order whatever ends first`() async throws {
        struct Hasher: HashingService {
            func hash(
                _ job: HashJob,
                progress: @escaping @Sendable (Int) -> Void
            ) async throws(BusFault) -> [PieceOutcome] {
                job.runs.flatMap(\.slices).map { .sha1([UInt8($0.offset)]) }
            }
        }
        let outcomes = try await plan([9], piece: 1, job: 1).outcomes(by: Hasher(), concurrency: 3) { _ in }
        #expect(outcomes == (0..<9).map { .sha1([$0]) })
    }

    @Test func `says so when somebody cancels its task`() async throws {
        struct Hasher: HashingService {
            func hash(
                _ job: HashJob,
                progress: @escaping @Sendable (Int) -> Void
            ) async throws(BusFault) -> [PieceOutcome] { throw BusFault(.cancelled, "cancelled") }
        }
        let plan = try plan([9], piece: 4, job: 8)
        await #expect {
            try await plan.outcomes(by: Hasher(), concurrency: 1) { _ in }
        } throws: { ($0 as? CommandFailure)?.status == .failed }
    }

    @Test func `progress never goes back`() async throws {
        let seen = Counter()
        let tally = HashTally { _ in _ = seen.next() }
        tally.job(0, hashed: 5)
        tally.job(0, hashed: 3)
        tally.job(1, hashed: 2)
        #expect(seen.next() == 4)
    }
}

@Suite struct `Hash plan of version 2` {
    private let piece = 32 << 10

    private func plan(_ files: [FileSlice], _ version: MetainfoVersion, job: Int = .max) throws -> HashPlan {
        try HashPlan(
            PieceRuns.of(files, pieceLength: piece, version: version),
            limit: HashPlan.Limit(bytes: job, message: .max)
        )
    }

    @Test func `has a run for each file, with a tree as wide as the file needs`() throws {
        #expect(
            drawn(try plan(files([80_000, 0, 100, 17_000]), .v2)) == [
                "0×5: /f0[0+80000] tree 2 | /f2[0+100] tree 1 | /f3[0+17000] tree 2"
            ]
        )
    }

    @Test func `keeps the padding of a hybrid for the SHA-1, and has none of it in version 2`() throws {
        let padded = [files([80_000])[0], .padding(18_304), files([0, 100])[1], .padding(32_668)]
        #expect(
            drawn(try plan(padded, .hybrid)) == ["0×4: /f0[0+80000] ░18304 both 2 | /f1[0+100] ░32668 both 1"]
        )
        #expect(drawn(try plan(padded, .v2)) == ["0×4: /f0[0+80000] tree 2 | /f1[0+100] tree 1"])
    }

    @Test func `cuts a long file and gathers short ones`() throws {
        #expect(
            drawn(try plan(files([140_000, 100, 200, 70_000]), .v2, job: 65_536)) == [
                "0×2: /f0[0+65536] tree 2", "2×2: /f0[65536+65536] tree 2",
                "4×3: /f0[131072+8928] tree 2 | /f1[0+100] tree 1 | /f2[0+200] tree 1",
                "7×2: /f3[0+65536] tree 2", "9×1: /f3[65536+4464] tree 2",
            ]
        )
    }

    @Test func `takes few jobs for very many small files`() throws {
        let plan = try HashPlan(
            PieceRuns.of(files(Array(repeating: 10_240, count: 20_000)), pieceLength: piece, version: .v2),
            limit: .worker
        )
        #expect(plan.jobs.count == 4)
        #expect(plan.pieceCount == 20_000)
    }
}
