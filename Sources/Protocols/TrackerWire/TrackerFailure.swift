package import Bencode
import BitTorrentTypes

/// Why the answer of a tracker is of no use.
package enum TrackerReplyError: Error, Hashable {
    case bencode(BencodeError)
    case notDictionary
    /// The tracker says why it refuses; the text is escaped and short.
    case failure(reason: String)
    /// Compact peers that are no row of addresses.
    case raggedPeers(count: Int)
}

extension TrackerReplyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bencode(let error): "answer of the tracker is malformed: \(error)"
        case .notDictionary: "answer of the tracker is not a dictionary"
        case .failure(let reason): "tracker refuses: \(reason)"
        case .raggedPeers(let count): "answer of the tracker has \(count) bytes of peers, which is no row of addresses"
        }
    }
}

/// What trackers say when they refuse, and other texts of theirs.
enum TrackerFailure {
    static func encoded(_ reason: String) -> [UInt8] {
        let reply: BencodeValue = ["failure reason": .text(reason)]
        return reply.encoded()
    }

    /// The outer dictionary of an answer that is no failure.
    static func dictionary(of bytes: [UInt8]) throws(TrackerReplyError) -> BencodeNode {
        let root: BencodeNode
        do throws(BencodeError) {
            root = try BencodeNode.decode(bytes, limits: .message)
        } catch {
            throw .bencode(error)
        }
        guard root.dictionary != nil else { throw .notDictionary }
        if let reason = root["failure reason"] {
            throw .failure(reason: reason.string.map(shown) ?? "no reason given")
        }
        return root
    }

    /// A text of the tracker, harmless to show.
    static func shown(_ bytes: [UInt8]) -> String { PrintableText.escape(Array(bytes.prefix(300))) }
}
