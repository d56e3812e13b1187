import Foundation

/// Which seeds a property is tried with: the first few, or those that `P2P_SIMULATION_SEEDS` names.
///
///     P2P_SIMULATION_SEEDS=200       seeds 1 to 200
///     P2P_SIMULATION_SEEDS=17-17     seed 17 alone: a failure names its seed, and this plays it again
enum SimulationSeeds {
    static func first(_ usual: UInt64) -> ClosedRange<UInt64> {
        guard let text = ProcessInfo.processInfo.environment["P2P_SIMULATION_SEEDS"], !text.isEmpty else {
            return 1...usual
        }
        let numbers = text.split(separator: "-").map { UInt64($0) }
        switch numbers.count {
        case 1:
            if let last = numbers[0], last >= 1 { return 1...last }
        case 2:
            if let first = numbers[0], let last = numbers[1], first <= last { return first...last }
        default:
            break
        }
        preconditionFailure("P2P_SIMULATION_SEEDS is a number or a range such as 17-20, not \(text)")
    }
}
