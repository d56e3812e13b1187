import AnnounceDoors
import BitTorrentTypes
import BusServices
import BusTransport
import Logging
import ServiceShapes

/// Carries what changes in the suite to the event stream: the bus's deltas, and the whole state after a gap.
struct SuiteWatch: Sendable {
    private static let beat = 15
    /// After the state could not be asked for.
    private static let pause = Duration.seconds(1)
    private static let attempts = 10

    let suite: Suite
    let hub: EventHub
    let swarms: Swarms
    let uploads: UploadEvents
    let logger: Logger

    /// Until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follow() }
            group.addTask { await tick() }
            group.addTask {
                for await progress in uploads.watch() {
                    for change in progress.changes { hub.publish(change) }
                }
            }
        }
    }

    // MARK: - The bus

    private func follow() async {
        guard let feed = suite.feed else { return }
        var epochs: [ProcessName: UInt64] = [:]
        for await update in feed.updates([.process, .torrent, .job]) {
            switch update {
            case .live, .missed:
                await refresh()
            case .event(let event, _, _, _):
                for change in event.changes { hub.publish(change) }
                // A node that was started again tells of changes only; what it has must be asked for.
                guard case .processChanged(let process) = event, process.name.role == .peerNode,
                    process.state == .ready, epochs.updateValue(process.epoch, forKey: process.name) != process.epoch
                else { continue }
                await refreshTorrents(of: process.name)
            }
        }
    }

    /// Asks for the whole state; what did not change is told to nobody.
    ///
    /// A part that is not to be had stays as it was known: the changes that follow are told all the same.
    private func refresh() async {
        do {
            let jobs = try await suite.jobs().tasks()
            replace(.job, jobs.map { SuiteEvent.hashTaskChanged($0) })
        } catch {
            logger.debug("the hash jobs could not be asked for", metadata: ["reason": "\(error)"])
        }
        for _ in 0..<Self.attempts {
            do {
                let processes = try await suite.report().processes
                replace(.process, processes.map { SuiteEvent.processChanged($0) })
                for process in processes where process.name.role == .peerNode && process.state == .ready {
                    await refreshTorrents(of: process.name)
                }
                return
            } catch {
                logger.debug("the state of the suite could not be asked for", metadata: ["reason": "\(error)"])
                guard await wait(Self.pause) else { return }
            }
        }
    }

    private func refreshTorrents(of node: ProcessName) async {
        do {
            let torrents = try await suite.torrents(on: node).list()
            let prefix = "\(node) "
            replace(.torrent, torrents.map { SuiteEvent.torrentChanged($0) }) { $0.hasPrefix(prefix) }
        } catch {
            // It ends or hangs; when it is back, its process event asks again.
            logger.debug("a node did not list its torrents", metadata: ["reason": "\(error)"])
        }
    }

    private func replace(
        _ topic: EventTopic,
        _ events: [SuiteEvent],
        among isConcerned: (String) -> Bool = { _ in true }
    ) {
        var gone = hub.keys(of: topic).filter(isConcerned)
        for change in events.flatMap(\.changes) {
            gone.remove(change.key)
            hub.publish(change)
        }
        for key in gone {
            hub.publish(ConsoleEvent(topic: topic, key: key, change: .gone(["key": .text(key)])))
        }
    }

    // MARK: - The clock

    /// The tracker's numbers once a second when they changed, and a sign of life.
    private func tick() async {
        var seconds = 0
        while await wait(.seconds(1)) {
            seconds += 1
            guard hub.counts.clients > 0 else { continue }
            hub.publish(ConsoleEvent(topic: .stats, key: "stats", change: .now(swarms.stats().json)))
            guard seconds.isMultiple(of: Self.beat) else { continue }
            hub.beat()
            await forgetEnded()
        }
    }

    /// A process that is not to run any more tells of no last change: it is missing in the next report.
    private func forgetEnded() async {
        do {
            replace(.process, try await suite.report().processes.map { SuiteEvent.processChanged($0) })
        } catch {
            logger.debug("the processes could not be asked for", metadata: ["reason": "\(error)"])
        }
    }

    /// Whether the time passed; `false` when the task was cancelled.
    private func wait(_ time: Duration) async -> Bool {
        do {
            try await Task.sleep(for: time)
            return true
        } catch {
            return false
        }
    }
}
