/// Why a tracker does not serve a request; its text is the `failure reason` that the client shows.
package enum AnnounceRefusal: Error, Hashable {
    case missing(field: String)
    /// A field that must come once came again.
    case repeated(field: String)
    /// A `%` that begins no escape.
    case badEscape(field: String)
    case wrongLength(field: String, expected: Int, actual: Int)
    case notNumber(field: String)
    case outOfRange(field: String)
    case queryTooLong(limit: Int)
    /// The address the request came from is not known.
    case unknownAddress
    /// The tracker serves only torrents it lists.
    case notListed
    /// The operator does not want this torrent here.
    case denied
    /// The operator does not serve this address.
    case addressDenied
    /// The tracker is private, and the URL has no passkey that it knows.
    case wrongPasskey
    /// The address sends more than it may.
    case tooManyRequests
    /// The peer id is in use elsewhere, and the key that proves it the same client is not given.
    case wrongKey

    /// The bencoded answer that carries the reason.
    package func encoded() -> [UInt8] { TrackerFailure.encoded("\(self)") }
}

extension AnnounceRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let field): "\(field) is missing"
        case .repeated(let field): "\(field) is there twice"
        case .badEscape(let field): "\(field) has a % that is no escape"
        case .wrongLength(let field, let expected, let actual): "\(field) has \(actual) bytes, not \(expected)"
        case .notNumber(let field): "\(field) is not a number"
        case .outOfRange(let field): "\(field) is out of range"
        case .queryTooLong(let limit): "query is longer than \(limit) bytes"
        case .unknownAddress: "your address is not known"
        case .notListed: "torrent is not listed on this tracker"
        case .denied: "torrent is not wanted on this tracker"
        case .addressDenied: "your address is not served by this tracker"
        case .wrongPasskey: "passkey is not known on this tracker"
        case .tooManyRequests: "too many requests from your address, come back later"
        case .wrongKey: "peer_id is in use with another key"
        }
    }
}
