import Testing

@testable import BusServices

@Suite struct `Fields of a message` {
    @Test(arguments: [-1.0, .infinity, .nan, -.infinity])
    func `that are no amount are refused`(value: Double) {
        #expect(throws: (any Error).self) { try Field.amount(value, "rate") }
    }
}
