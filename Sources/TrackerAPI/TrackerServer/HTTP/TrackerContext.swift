import BitTorrentTypes
import Hummingbird
import NIOCore

/// What a handler knows of a request besides the request: above all, who really sent it.
struct TrackerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the socket; headers that claim another one are not believed.
    let remote: IPAddress?
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        remote = source.channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
    }
}
