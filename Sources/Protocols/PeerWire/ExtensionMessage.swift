/// A message of an extension that we offer to peers.
///
///     20  id  body        id: to us as in `offered`, to a peer as its handshake says
///
/// - Source: BEP 10; `upload_only` as libtorrent sends it, beside the field of BEP 21; `lt_donthave` by BEP 54.
package enum ExtensionMessage: Hashable, Sendable {
    /// The sender wants nothing any more, or wants something again.
    case uploadOnly(Bool)
    /// The sender has lost a piece that it told us it had.
    case doNotHave(UInt32)

    private enum Kind: UInt8, CaseIterable {
        case uploadOnly = 2
        case doNotHave = 3

        var name: [UInt8] {
            switch self {
            case .uploadOnly: Array("upload_only".utf8)
            case .doNotHave: Array("lt_donthave".utf8)
            }
        }
    }

    /// `m` of our handshake: by which ids we are to be told.
    package static let offered = Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0.name, $0.rawValue) })

    /// Reads what a peer sent under one of the ids we offered; `nil` when it is none of them, or rubbish.
    package init?(id: UInt8, payload: [UInt8]) {
        switch (Kind(rawValue: id), payload.count) {
        case (.uploadOnly?, 1): self = .uploadOnly(payload[0] != 0)
        case (.doNotHave?, 4): self = .doNotHave(payload.reduce(0) { $0 << 8 | UInt32($1) })
        case (.uploadOnly?, _), (.doNotHave?, _), (nil, _): return nil
        }
    }

    /// The message for a peer, if its handshake named the extension.
    package func message(to peer: ExtensionHandshake?) -> PeerMessage? {
        guard let id = peer?.extensions[kind.name], id != ExtensionHandshake.messageID else { return nil }
        return .extended(id: id, payload: payload)
    }

    private var kind: Kind {
        switch self {
        case .uploadOnly: .uploadOnly
        case .doNotHave: .doNotHave
        }
    }

    private var payload: [UInt8] {
        switch self {
        case .uploadOnly(let isUploadOnly): [isUploadOnly ? 1 : 0]
        case .doNotHave(let piece): withUnsafeBytes(of: piece.bigEndian) { Array($0) }
        }
    }
}
