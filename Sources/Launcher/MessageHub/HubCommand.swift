import BusServices
import BusTransport

/// What the launcher asks of the hub's thread.
enum HubCommand: Sendable {
    case expect(Incarnation, token: [UInt8])
    case ended(Incarnation)
    case publish(SuiteEvent)
    case serve(any SupervisionService, any HubObserver)
    case launcherAnswered(UInt64, Result<[UInt8], BusFault>)
    case stop
}
