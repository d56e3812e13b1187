import BusTransport
import Hummingbird

extension Problem {
    /// What a page is told when another process does not do as asked.
    init(_ fault: BusFault) {
        let (status, action): (HTTPResponse.Status, String) =
            switch fault.code {
            case .invalid: (.badRequest, "Correct the request.")
            case .notFound: (.notFound, "See /api/v1/torrents and /api/v1/jobs for what there is.")
            case .refused: (.forbidden, "Use p2pctl for it.")
            case .alreadyExists, .failed: (.conflict, "Mend that, then try again.")
            case .cancelled, .unavailable, .overloaded, .version: (.serviceUnavailable, "See /health, then try again.")
            case .deadlineExceeded: (.gatewayTimeout, "See /health, then try again.")
            }
        self.init(status, fault.message, action: action)
    }
}
