import BitTorrentTypes
import Synchronization

/// What all uploads are doing: those under way, the last that ended, and every change as it happens.
package final class UploadEvents: Sendable {
    /// Ended uploads that are still told of.
    private static let memory = 50
    /// Changes that a slow watcher may be behind; it then misses the oldest.
    private static let backlog = 256

    private struct State {
        /// In the order in which they began.
        var uploads: [UploadProgress] = []
        var watchers: [Int: AsyncStream<UploadProgress>.Continuation] = [:]
        var nextWatcher = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var current: [UploadProgress] { state.withLock { $0.uploads } }

    /// First how every upload stands, then each change; ends with the task that reads it.
    package func watch() -> AsyncStream<UploadProgress> {
        let (changes, watcher) = AsyncStream.makeStream(
            of: UploadProgress.self,
            bufferingPolicy: .bufferingNewest(Self.backlog)
        )
        let number = state.withLock { state in
            for upload in state.uploads { watcher.yield(upload) }
            state.watchers[state.nextWatcher] = watcher
            state.nextWatcher += 1
            return state.nextWatcher - 1
        }
        watcher.onTermination = { [weak self] _ in self?.forget(number) }
        return changes
    }

    func report(_ progress: UploadProgress) {
        state.withLock { state in
            if let place = state.uploads.lastIndex(where: { $0.id == progress.id && !$0.phase.isOver }) {
                state.uploads[place] = progress
            } else {
                state.uploads.append(progress)
            }
            let over = state.uploads.indices.filter { state.uploads[$0].phase.isOver }
            if over.count > Self.memory { state.uploads.remove(at: over[0]) }
            for watcher in state.watchers.values { watcher.yield(progress) }
        }
    }

    private func forget(_ number: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: number) } }
}

/// Tells the events of one upload: every phase, and inside it now and then how far it is.
final class UploadMeter: Sendable {
    private static let pause = Duration.milliseconds(200)

    private let events: UploadEvents
    private let state: Mutex<(progress: UploadProgress, toldAt: ContinuousClock.Instant)>

    init(id: String, bytesTotal: Int?, events: UploadEvents) {
        self.events = events
        var progress = UploadProgress(id: id)
        progress.bytesTotal = bytesTotal
        state = Mutex((progress, .now))
        events.report(progress)
    }

    func enter(_ phase: UploadProgress.Phase, bytesTotal: Int?, name: String? = nil) {
        change { progress in
            progress.phase = phase
            progress.bytesDone = 0
            progress.bytesTotal = bytesTotal
            if let name { progress.name = name }
        }
    }

    /// `bytes` of this phase are done, or were before.
    func reach(_ bytes: Int) {
        let progress = state.withLock { state -> UploadProgress? in
            state.progress.bytesDone = max(state.progress.bytesDone, bytes)
            guard state.toldAt.duration(to: .now) >= Self.pause else { return nil }
            state.toldAt = .now
            return state.progress
        }
        if let progress { events.report(progress) }
    }

    func end(_ infoHash: InfoHash) {
        change { progress in
            progress.phase = .done
            progress.infoHash = infoHash
        }
    }

    func fail(_ problem: String) {
        change { progress in
            progress.phase = .failed
            progress.problem = problem
        }
    }

    private func change(_ change: (inout UploadProgress) -> Void) {
        let progress = state.withLock { state in
            change(&state.progress)
            state.toldAt = .now
            return state.progress
        }
        events.report(progress)
    }
}
