package import BusServices
package import BusTransport

// What scripts see of the limits of a node.

extension NodeLimits {
    package func json(of node: ProcessName) -> JSONValue {
        [
            "node": .text(node.description),
            "down_limit": down.json,
            "up_limit": up.json,
            "alternative_down_limit": alternativeDown.json,
            "alternative_up_limit": alternativeUp.json,
            "alternative": .text(alternative.rawValue),
            "alternative_active": .boolean(isAlternativeActive),
            "down_rate": .number(downRate),
            "up_rate": .number(upRate),
        ]
    }
}
