import Bencode
package import BitTorrentTypes

/// What a peer says about itself in the first `extended` message.
///
///     d 1:m d 11:ut_metadata i1e e  1:p i6881e  4:reqq i2000e  1:v 7:p2p/0.1 e
///
/// Everything in it is a hint: a field of the wrong type or beyond its bound counts as absent.
///
/// - Source: BEP 10; `metadata_size` by BEP 9, `upload_only` by BEP 21; `max_block` is ours.
package struct ExtensionHandshake: Hashable, Sendable {
    /// The id of the `extended` message that carries it.
    package static let messageID: UInt8 = 0
    /// How we name ourselves.
    package static let clientName = Array("p2p/0.1".utf8)
    /// The largest info dictionary we would fetch from peers, in bytes.
    package static let maximumMetadataSize = 30 * 1024 * 1024

    private static let maximumExtensions = 64
    private static let maximumNameLength = 64
    private static let maximumQueueLength = 1_000_000

    /// `m`: the ids that the sender wants its extensions addressed by; an id of 0 means "switched off".
    package var extensions: [[UInt8]: UInt8] = [:]
    /// `v`: name and version, cut to 64 bytes that need not be UTF-8.
    package var client: [UInt8]?
    /// `reqq`: how many requests the sender keeps queued; at least 1.
    package var requestQueueLength: Int?
    /// `p`: the port the sender listens on.
    package var listenPort: UInt16?
    /// `yourip`: the address the sender sees us at.
    package var yourAddress: IPAddress?
    /// `metadata_size`: length of the info dictionary in bytes.
    package var metadataSize: Int?
    /// `upload_only`: whether the sender wants nothing; `nil` when it does not say.
    package var isUploadOnly: Bool?
    /// `max_block`: the longest run of blocks that the sender answers as one, in bytes; see ``PeerWireLimits``.
    package var longestRun: Int?

    package init() {}

    /// Reads the payload of an `extended` message with id 0; `nil` when it is not a bencoded dictionary.
    package init?(payload: [UInt8]) {
        // A peer that says rubbish here is a peer that says nothing: the reason is of no use to anybody.
        guard let root = try? BencodeNode.decode(payload, limits: .message), root.dictionary != nil else { return nil }
        for entry in root["m"]?.dictionary?.entries.prefix(Self.maximumExtensions) ?? [] {
            guard entry.key.count <= Self.maximumNameLength, let id = entry.value.integer.flatMap(UInt8.init(exactly:))
            else { continue }
            extensions[entry.key] = id
        }
        client = (root["v"]?.string).map { Array($0.prefix(Self.maximumNameLength)) }
        requestQueueLength = (root["reqq"]?.integer).flatMap { $0 < 0 ? nil : min(max($0, 1), Self.maximumQueueLength) }
        listenPort = (root["p"]?.integer).flatMap(UInt16.init(exactly:)).flatMap { $0 == 0 ? nil : $0 }
        yourAddress = (root["yourip"]?.string).flatMap { IPAddress(bytes: $0) }
        metadataSize = (root["metadata_size"]?.integer).flatMap {
            (1...Self.maximumMetadataSize).contains($0) ? $0 : nil
        }
        isUploadOnly = (root["upload_only"]?.integer).map { $0 == 1 }
        longestRun = (root["max_block"]?.integer).flatMap {
            $0 < PieceLayout.blockLength ? nil : min($0, PeerWireLimits.maximumRunLength)
        }
    }

    /// Takes over what a later handshake says anew; what it does not mention stays as it was.
    package mutating func update(with later: ExtensionHandshake) {
        for (name, id) in later.extensions where extensions[name] != nil || extensions.count < Self.maximumExtensions {
            extensions[name] = id
        }
        client = later.client ?? client
        requestQueueLength = later.requestQueueLength ?? requestQueueLength
        listenPort = later.listenPort ?? listenPort
        yourAddress = later.yourAddress ?? yourAddress
        metadataSize = later.metadataSize ?? metadataSize
        isUploadOnly = later.isUploadOnly ?? isUploadOnly
        longestRun = later.longestRun ?? longestRun
    }

    /// The payload of the `extended` message.
    package var payload: [UInt8] {
        var root: [[UInt8]: BencodeValue] = [:]
        root[Array("m".utf8)] = .dictionary(extensions.mapValues { .integer(Int($0)) })
        root[Array("v".utf8)] = client.map { .string($0) }
        root[Array("reqq".utf8)] = requestQueueLength.map { .integer($0) }
        root[Array("p".utf8)] = listenPort.map { .integer(Int($0)) }
        root[Array("yourip".utf8)] = yourAddress.map { .string($0.bytes) }
        root[Array("metadata_size".utf8)] = metadataSize.map { .integer($0) }
        root[Array("upload_only".utf8)] = isUploadOnly.map { .integer($0 ? 1 : 0) }
        root[Array("max_block".utf8)] = longestRun.map { .integer($0) }
        return BencodeValue.dictionary(root).encoded()
    }
}
