package import BitTorrentTypes
package import BusServices

/// A job whose answer is known, to find a worker that lies: every worker gets one before any other job, and from then on
/// one now and then.
package struct HashCheck: Hashable, Sendable {
    package let job: HashJob
    package let outcomes: [PieceOutcome]
    /// How many bulk jobs come before it; different each time, so that nobody can count.
    package let after: Int

    package init(job: HashJob, outcomes: [PieceOutcome], after: Int) {
        self.job = job
        self.outcomes = outcomes
        self.after = after
    }
}
