package import BitTorrentTypes
package import BusTransport

/// A ``HashTask`` as a person sees it: its jobs taken together, with how far they are.
package struct HashTaskStatus: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// None of its jobs is at a worker.
        case waiting
        case running
        case done
        /// By a person, or by the process whose work it was.
        case cancelled
        case failed

        package var isOver: Bool {
            switch self {
            case .waiting, .running: false
            case .done, .cancelled, .failed: true
            }
        }
    }

    /// What `p2pctl jobs` calls it by; never used twice in one life of the launcher.
    package let number: UInt64
    package let kind: HashTask.Kind
    package let name: [UInt8]
    /// `nil` for what has no torrent yet.
    package let infoHash: InfoHash?
    /// The process whose work it is, such as `peer-node/1`.
    package let requester: String
    package var state: State
    /// Why it failed; else empty.
    package var problem = ""
    package let bytesTotal: Int
    /// Never goes back, and never beyond ``bytesTotal``.
    package var bytesDone = 0
    /// Bytes a second: of the last seconds, or of the whole when it is over.
    package var rate = 0.0
    /// Since it began; of a task that is over: how long it took.
    package var seconds = 0.0
    /// Who is busy with it now.
    package var workers: [String] = []

    package init(number: UInt64, task: HashTask, requester: String, state: State) {
        self.init(
            number: number,
            kind: task.kind,
            name: task.name,
            infoHash: task.infoHash,
            requester: requester,
            state: state,
            bytesTotal: task.bytesTotal
        )
    }

    package init(
        number: UInt64,
        kind: HashTask.Kind,
        name: [UInt8],
        infoHash: InfoHash?,
        requester: String,
        state: State,
        bytesTotal: Int
    ) {
        self.number = number
        self.kind = kind
        self.name = name
        self.infoHash = infoHash
        self.requester = requester
        self.state = state
        self.bytesTotal = bytesTotal
    }

    /// Until it is done at this rate; `nil` when it is over, or nobody can tell.
    package var etaSeconds: Double? {
        guard !state.isOver, rate > 0 else { return nil }
        return Double(max(0, bytesTotal - bytesDone)) / rate
    }
}

/// The hash tasks of the suite as objects; kept by the hub.
package protocol HashTasksService: Sendable {
    /// What runs or waits first, then what ended lately, the newest first.
    func tasks() async throws(BusFault) -> [HashTaskStatus]
    /// Ends every job of the task at once; a task that is over stays as it is.
    ///
    /// - Throws: `notFound` when no task has this number.
    func cancel(_ number: UInt64) async throws(BusFault) -> HashTaskStatus
}
