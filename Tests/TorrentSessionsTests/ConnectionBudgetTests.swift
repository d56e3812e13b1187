import Testing

@testable import TorrentSessions

@Suite struct `The connections of a node` {
    @Test func `are lent for dials as far as both limits go`() {
        let budget = ConnectionBudget(limit: 10, dialLimit: 4)
        #expect(budget.borrow(3) == 3)
        // Another torrent wants some before the first has dialled.
        #expect(budget.borrow(3) == 1)
        #expect(budget.borrow(1) == 0)
        budget.changed(connections: 0, dials: 3)
        budget.giveBack(4)
        #expect(budget.borrow(9) == 1)
        budget.giveBack(1)
        budget.changed(connections: 9, dials: -3)
        #expect(!budget.isFull)
        #expect(budget.borrow(9) == 1)
        budget.changed(connections: 0, dials: 1)
        budget.giveBack(1)
        #expect(budget.isFull)
        #expect(budget.borrow(1) == 0)
        budget.changed(connections: 1, dials: 0)
        #expect(budget.borrow(1) == 0)
        budget.changed(connections: -10, dials: -1)
        #expect(budget.used == 0)
        #expect(budget.borrow(9) == 4)
    }
}
