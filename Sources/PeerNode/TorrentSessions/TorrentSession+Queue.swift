import BitTorrentTypes
import Logging
import Metainfo
import PeerEngine
import PieceStore

/// A torrent's place in the queue of its node.
extension TorrentSession {
    /// Why a torrent that a person wants to run does not.
    enum Hold: Hashable, Sendable {
        case queued
        /// Seeded enough.
        case finished
    }

    func setQueuePlace(_ place: Int) { queuePlace = place }

    /// For a node without a queue, where positions are told only.
    func setQueuePosition(_ position: Int) {
        if queuePosition == 0 { queuePosition = position }
    }

    /// Before the torrent is started: it runs when the queue says so.
    func awaitDecision() { queueHold = .queued }

    var awaitsDecision: Bool { queueHold != nil }

    var rates: (down: Double, up: Double) {
        engine.map { ($0.downRate(at: now), $0.upRate(at: now)) } ?? (0, 0)
    }

    /// Limits that are lifted wake what waits for them.
    func takeLimits() {
        guard engine != nil else { return }
        limitsChanged()
    }

    /// What the queue looks at, and takes the torrent's position from 1; `nil` when it is none of its business.
    func queueFacts(position: Int, _ preferences: NodePreferences) -> QueuePolicy.Torrent? {
        queuePosition = position
        guard !isPaused else { return nil }
        let isRunning: Bool
        switch activity {
        case .running, .checking: isRunning = true
        case .paused: isRunning = false
        case .failed, .closed: return nil
        }
        let counters = counters
        let base = counters.downloaded > 0 ? counters.downloaded : metainfo.payloadLength
        return QueuePolicy.Torrent(
            isComplete: hasAllWanted,
            isRunning: isRunning,
            isStalled: isStalled,
            ratio: base > 0 ? Double(counters.uploaded) / Double(base) : 0,
            seedingSeconds: Double(counters.seedingSeconds),
            ratioLimit: options.seedRatio.value(elseOfNode: preferences.seedRatio),
            seedingSecondsLimit: options.seedTime.value(elseOfNode: preferences.seedSeconds)
        )
    }

    /// Does what the queue decided: rests for `reason`, or runs when there is none.
    func rest(for reason: Hold?) async {
        guard queueHold != reason else { return }
        queueHold = reason
        switch activity {
        case .running where reason != nil:
            logger.info("torrent rests", metadata: ["reason": "\(reason.map { "\($0)" } ?? "")"])
            leave()
            activity = .paused
            publish()
            await settle()
        case .paused where reason == nil && !isPaused:
            await start()
        case .paused, .running, .checking, .failed, .closed:
            publishIfChanged()
        }
    }
}

extension QueuePolicy.Decision {
    /// Why a torrent of which this was decided does not run.
    var hold: TorrentSession.Hold? {
        switch self {
        case .run: nil
        case .queue: .queued
        case .finish: .finished
        }
    }
}
