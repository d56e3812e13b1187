import BitTorrentTypes
import BusServices
import BusTransport
import Testing

@testable import ControlCommands

@Suite struct `Hash plan` {
    private func plan(_ lengths: [Int], piece: Int, run: Int) -> HashPlan {
        HashPlan(
            files: lengths.enumerated().map { (BytePath("/f\($0)"), $1) },
            pieceLength: piece,
            runLength: run
        )
    }

    private func drawn(_ plan: HashPlan) -> [String] {
        plan.runs.map { run in
            let spans = run.spans.map { "\(String(decoding: $0.path, as: UTF8.self))[\($0.offset)+\($0.length)]" }
            return "\(run.firstPiece)×\(run.pieceCount): " + spans.joined(separator: " ")
        }
    }

    @Test func `cuts files into runs of whole pieces`() {
        #expect(
            drawn(plan([10, 0, 5], piece: 4, run: 8)) == [
                "0×2: /f0[0+8]", "2×2: /f0[8+2] /f2[0+5]",
            ]
        )
        #expect(drawn(plan([9], piece: 4, run: 1)) == ["0×1: /f0[0+4]", "1×1: /f0[4+4]", "2×1: /f0[8+1]"])
        #expect(plan([0, 0], piece: 4, run: 8).pieceCount == 0)
    }

    @Test func `ends a run early when it would name too many files`() {
        let plan = plan(Array(repeating: 1, count: 20_000), piece: 16, run: 1 << 20)
        #expect(plan.runs.allSatisfy { $0.spans.count <= 4096 + 16 })
        #expect(plan.pieceCount == 1250)
        #expect(plan.runs.dropLast().allSatisfy { $0.length % 16 == 0 })
    }

    @Test func `joins digests in order whatever ends first`() async throws {
        struct Hasher: HashingService {
            func hash(
                _ job: HashJob,
                progress: @escaping @Sendable (Int) -> Void
            ) async throws(BusFault) -> [PieceOutcome] {
                job.runs[0].slices.map { .sha1([UInt8($0.offset)]) }
            }
        }
        let digests = try await plan([9], piece: 1, run: 1).digests(by: Hasher(), concurrency: 3) { _ in }
        #expect(digests == (0..<9).map { .sha1([$0]) })
    }

    @Test func `progress never goes back`() async throws {
        let seen = Counter()
        let tally = HashTally { _ in _ = seen.next() }
        tally.run(0, hashed: 5)
        tally.run(0, hashed: 3)
        tally.run(1, hashed: 2)
        #expect(seen.next() == 4)
    }
}
