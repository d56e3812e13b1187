/// Why a request over the bus brought no answer; crosses process borders as code and message.
package struct BusFault: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        case invalid
        case notFound
        case refused
        case unavailable
        case deadlineExceeded
        case overloaded
        case cancelled
        case version
        case failed
        case alreadyExists
    }

    package let code: Code
    /// One sentence for a person: what, why, what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension BusFault: CustomStringConvertible {
    package var description: String { message }
}
