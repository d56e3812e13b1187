import BusTransport

/// The exit statuses that scripts rely on.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    /// The suite is not running, or a part of it cannot be reached.
    case notRunning = 2
    case notFound = 3
    case refused = 4
    case usage = 64
    /// 128 + SIGINT, as shells count it.
    case interrupted = 130
}

/// Why a command ends without having done its work.
struct CommandFailure: Error, Hashable {
    let status: ExitStatus
    /// One sentence: what, why, what to do.
    ///
    /// Empty when the result itself has said it.
    let message: String

    init(_ status: ExitStatus = .failed, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ message: String) {
        self.init(.failed, message)
    }

    /// A fault of the bus, as the exit statuses tell them apart.
    init(_ fault: BusFault) {
        let status: ExitStatus =
            switch fault.code {
            case .notFound: .notFound
            case .refused: .refused
            case .unavailable, .deadlineExceeded: .notRunning
            case .cancelled: .interrupted
            case .invalid, .overloaded, .version, .failed, .alreadyExists: .failed
            }
        self.init(status, fault.message)
    }
}

/// Runs `work` and turns a fault of the bus into the failure of the command.
func asking<Answer>(
    _ work: () async throws(BusFault) -> Answer
) async throws(CommandFailure) -> Answer {
    do {
        return try await work()
    } catch {
        throw CommandFailure(error)
    }
}
