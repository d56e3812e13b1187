package import BitTorrentTypes
import Synchronization
import TrackerEngine
package import TrackerWire

/// What every door asks before it serves a request: whether this address may, with this passkey, now.
package final class AnnounceGate: Sendable {
    private let current: Mutex<AccessRules>
    private let budget: Budget?
    private let start = ContinuousClock.now

    /// The rate is requests a second for each address; `nil` does not count them.
    package init(_ rules: AccessRules, rate: Int? = nil) {
        current = Mutex(rules)
        budget = rate.map { rate in
            var generator = SystemRandomNumberGenerator()
            return Budget(RequestBudget(rate: rate, using: &generator))
        }
    }

    package var rules: AccessRules { current.withLock { $0 } }

    package func replace(_ lists: AccessLists) {
        current.withLock { rules in
            rules = AccessRules(
                isPrivate: rules.isPrivate,
                trusted: rules.trusted,
                proxies: rules.proxies,
                lists: lists
            )
        }
    }

    /// Counts one request of `ip`.
    package func take(_ ip: IPAddress) throws(AnnounceRefusal) {
        guard let budget else { return }
        let now = UInt64(start.duration(to: .now) / .microseconds(1))
        guard budget.places.withLock({ $0.take(ip, at: now) }) else { throw .tooManyRequests }
    }

    private final class Budget: Sendable {
        let places: Mutex<RequestBudget>

        init(_ budget: RequestBudget) { places = Mutex(budget) }
    }
}
