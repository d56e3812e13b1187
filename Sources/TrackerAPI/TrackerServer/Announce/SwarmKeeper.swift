import AnnounceDoors
import BitTorrentTypes
import Glibc
import Logging
import NIOPosix
import Synchronization
import TrackerEngine
import TrackerStore

/// Carries the swarms over a restart: snapshots twice a second while they change, never a write per announce.
///
///     <folder>/00.swarms … 15.swarms    one file for each part of the info-hashes, written when that part changed
///
/// A file is written aside and moved into its place. It is not flushed: what peers said is no promise of ours, and a torn
/// file is told by its checksum and left out.
struct SwarmKeeper: Sendable {
    /// Saving may take at most one part in this many of the time.
    private static let share = 50

    let swarms: Swarms
    let gate: AnnounceGate
    let store: TrackerStore
    /// Absolute; `nil` keeps nothing.
    let folder: String?
    let pause: Duration
    let logger: Logger
    private let saved = Saved()

    init(swarms: Swarms, gate: AnnounceGate, store: TrackerStore, folder: String?, pause: Duration, logger: Logger) {
        self.swarms = swarms
        self.gate = gate
        self.store = store
        self.folder = folder
        self.pause = pause
        self.logger = logger
    }

    /// Lists the catalogue's torrents and puts the peers of the last snapshots back into their swarms.
    func restore() async throws(TrackerStoreError) {
        for (infoHash, completed) in try await store.completedCounts() {
            swarms.list(infoHash, completed: completed)
            saved.completed.withLock { $0[infoHash] = completed }
        }
        guard let folder else { return }
        await withTaskGroup(of: Void.self) { group in
            for shard in 0..<Swarms.shardCount {
                group.addTask { await restore(shard, from: Self.path(folder, shard)) }
            }
        }
        let peers = swarms.stats().peers
        if peers > 0 { logger.info("the swarms were restored", metadata: ["peers": "\(peers)"]) }
    }

    private func restore(_ shard: Int, from path: String) async {
        do {
            let isWhole = try await NIOThreadPool.singleton.runIfActive {
                guard let file = try SwarmFile.mapped(path) else { return true }
                defer { file.unmap() }
                let rules = gate.rules
                return swarms.restore(file.bytes, of: shard) { rules.allows($0) }
            }
            if !isWhole {
                logger.error("a snapshot of the swarms is damaged and left out", metadata: ["path": "\(path)"])
            }
        } catch {
            logger.error("a snapshot cannot be read", metadata: ["path": "\(path)", "reason": "\(error)"])
        }
    }

    /// Forgets silent peers and saves the rest, until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    swarms.expireSome()
                }
            }
            group.addTask {
                let clock = ContinuousClock()
                var rest = pause
                while true {
                    try await clock.sleep(for: rest)
                    rest = max(pause, await clock.measure { await save() } * Self.share)
                }
            }
            try await group.waitForAll()
        }
    }

    /// Saves the swarms that changed.
    func save() async {
        // A task of its own: the last save happens when this one is already cancelled.
        let save = Task {
            await saveSnapshots()
            await saveCompleted()
        }
        await save.value
    }

    private func saveSnapshots() async {
        guard let folder else { return }
        for shard in 0..<Swarms.shardCount {
            let known = saved.revisions.withLock { $0[shard] }
            do {
                let revision = try await NIOThreadPool.singleton.runIfActive { () -> Int? in
                    guard var snapshot = swarms.snapshot(of: shard, unlessRevision: known) else { return nil }
                    SwarmFile.seal(&snapshot.bytes)
                    try SwarmFile.write(snapshot.bytes, to: Self.path(folder, shard))
                    return snapshot.revision
                }
                if let revision { saved.revisions.withLock { $0[shard] = revision } }
            } catch {
                logger.error("the swarms could not be saved", metadata: ["reason": "\(error)"])
                return
            }
        }
    }

    /// The catalogue shows completed downloads too, and they outlive every snapshot.
    private func saveCompleted() async {
        let now = swarms.completed
        let changed = saved.completed.withLock { saved in now.filter { saved[$0.key] != $0.value } }
        guard !changed.isEmpty else { return }
        do {
            try await store.saveCompleted(changed)
            saved.completed.withLock { $0 = now }
        } catch {
            logger.error("the counts of downloads could not be saved", metadata: ["reason": "\(error)"])
        }
    }

    private static func path(_ folder: String, _ shard: Int) -> String {
        folder + "/" + (shard < 10 ? "0" : "") + "\(shard).swarms"
    }

    /// What lies on the disk: the revision of each shard (its announces), and the counts in the catalogue.
    private final class Saved: Sendable {
        let revisions = Mutex<[Int?]>(Array(repeating: 0, count: Swarms.shardCount))
        let completed = Mutex<[InfoHash: Int]>([:])
    }
}
