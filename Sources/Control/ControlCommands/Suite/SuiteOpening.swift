import BusTransport
import ProcessRuntime

extension SuiteConnection {
    /// Opens the suite of the home that the options name, and closes it when `body` ends.
    static func with<Result: Sendable>(
        _ options: SuiteOptions,
        _ body: (SuiteConnection) async throws -> Result
    ) async throws -> Result {
        try await with(options.homeFolder(), body)
    }

    static func with<Result: Sendable>(
        _ home: HomeFolder,
        _ body: (SuiteConnection) async throws -> Result
    ) async throws -> Result {
        guard hasSocket(home) else { throw notRunning(home) }
        let bus = try await connect(home)
        do {
            let result = try await body(SuiteConnection(home: home, bus: bus))
            await bus.close()
            return result
        } catch {
            await bus.close()
            throw error
        }
    }

    private static func connect(_ home: HomeFolder) async throws(CommandFailure) -> ZeroMQBus {
        do {
            return try await ZeroMQBus.connect(.control(in: home.socketFolder))
        } catch {
            throw error.code == .unavailable ? notRunning(home) : CommandFailure(error)
        }
    }

    /// Whether the home has a control socket; a suite that crashed leaves one behind.
    static func hasSocket(_ home: HomeFolder) -> Bool {
        FileStamp(of: BytePath(home.controlSocket), followingLinks: true) != nil
    }
}
