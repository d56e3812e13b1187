package import BitTorrentTypes
import TrackerWire

/// Why a tracker gave no answer that is of use.
package enum AnnounceFailure: Error, Hashable {
    /// The URL is not one of a tracker we can speak to.
    case unsupported(url: String)
    /// The tracker said no, in its own words.
    case refused(String)
    /// The answer is not a tracker's.
    case malformed(String)
    case status(Int)
    /// No answer: name, connection, time.
    case unreachable(String)
    /// Longer than a tracker's answer can be; it was not read to its end.
    case tooLong(limit: Int)
    case tooManyRedirects(limit: Int)
    /// A redirect to where a tracker has no business to send us.
    case badRedirect(String)
    /// The host is at an address where no tracker is.
    case badAddress(IPAddress)

    init(_ fault: UDPTrackerSession.Fault) {
        self =
            switch fault {
            case .silence(let limit): .unreachable("it was silent for \(limit.components.seconds) s")
            case .nobodyThere: .unreachable("nobody listens there")
            case .malformed: .malformed("a datagram that answers something else")
            }
    }
}

extension AnnounceFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupported(let url): "only http, https and udp trackers are spoken to, not \(url)"
        case .refused(let reason): "the tracker refused: \(reason)"
        case .malformed(let reason): "the answer is not a tracker's: \(reason)"
        case .status(let code): "the tracker answered with status \(code)"
        case .unreachable(let reason): "no answer: \(reason)"
        case .tooLong(let limit): "the answer is not a tracker's: longer than \(limit) bytes"
        case .tooManyRedirects(let limit): "the tracker redirects more than \(limit) times"
        case .badRedirect(let location): "the tracker redirects to a place that it may not send us to: \(location)"
        case .badAddress(let ip): "no tracker is at \(ip), a link-local address"
        }
    }
}
