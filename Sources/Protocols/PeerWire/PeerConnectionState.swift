package import BitTorrentTypes

/// One peer connection after the handshake, as a pure state machine: a message in, its meaning or a fault out.
///
///     handshake ──▶ first ──▶ open          in `first` a bitfield is the peer's state, in `open` it is news
///                     │         │
///                     └────┬────┘           choke and interest flags change in both
///                          ▼
///                        closed
///
/// Numbers that a peer sent become trusted values here and nowhere else. What breaks the protocol closes; what is
/// merely useless (a request past the end, a cancel of nothing, a rubbish extension handshake) is ignored, as the
/// clients in the field do.
///
/// With the fast extension a choke says nothing about requests under way: each is answered or rejected.
///
/// - Source: BEP 3, BEP 6, BEP 10.
package struct PeerConnectionState: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// No message yet that would have to come after the bitfield.
        case first
        case open
        case closed
    }

    /// What a message means to this connection.
    package enum Meaning: Hashable, Sendable {
        /// Nothing to do: it says what was known, or nothing.
        case ignored
        /// The peer stops answering: what we asked for and did not get will not come.
        case chokedUs
        case unchokedUs
        case becameInterested
        case lostInterest
        case has(PieceIndex)
        case hasAll(of: Bitfield)
        /// A bitfield that comes late says what many `have` messages would: aria2 sends it when it is the shorter form.
        case hasAlso(Bitfield)
        case requests(BlockRange)
        /// A request outside any piece, empty, or longer than we serve: nothing is read for it.
        case requestsNonsense(piece: UInt32, offset: UInt32, length: UInt32)
        case cancels(BlockRange)
        case suggests(PieceIndex)
        /// Our requests for the piece are answered even while we are choked.
        case allowsFast(PieceIndex)
        /// What we asked for will not come.
        case rejects(BlockRange)
        /// A reject of what can never have been asked.
        case rejectsNonsense
        case introduces(ExtensionHandshake)
        /// A message of an extension that we may have offered.
        case extended(id: UInt8, payload: [UInt8])
        case fault(PeerFault)
    }

    private let layout: PieceLayout
    /// Whether both handshakes offered the fast extension.
    package let isFast: Bool
    package private(set) var phase = Phase.first
    /// Longer when the peer speaks of runs itself.
    private var longestRange = PeerWireLimits.maximumRequestLength

    /// Whether we answer the peer's requests.
    package var amChoking = true
    /// Whether the peer has something we want, as it was told.
    package var amInterested = false
    /// Whether the peer answers our requests.
    package private(set) var peerChoking = true
    /// Whether the peer wants something we have, as it told us.
    package private(set) var peerInterested = false

    package init(layout: PieceLayout, isFast: Bool = false) {
        self.layout = layout
        self.isFast = isFast
    }

    package mutating func received(_ message: PeerMessage) -> Meaning {
        switch (phase, message) {
        case (.closed, _):
            return .ignored
        case (.first, .keepAlive), (.open, .keepAlive):
            return .ignored
        case (.first, .extended(let id, let payload)), (.open, .extended(let id, let payload)):
            // Some clients send their extension handshake before the bitfield, so the phase stays.
            guard id == ExtensionHandshake.messageID else { return .extended(id: id, payload: payload) }
            guard let handshake = ExtensionHandshake(payload: payload) else { return .ignored }
            if handshake.longestRun != nil { longestRange = PeerWireLimits.maximumRunLength }
            return .introduces(handshake)
        case (.first, .bitfield(let bitfield)):
            phase = .open
            return .hasAll(of: bitfield)
        case (.open, .bitfield(let bitfield)):
            return .hasAlso(bitfield)
        case (.first, .haveAll) where isFast:
            phase = .open
            return .hasAll(of: Bitfield(allOf: layout.pieceCount))
        case (.first, .haveNone) where isFast:
            phase = .open
            return .hasAll(of: Bitfield(pieceCount: layout.pieceCount))
        case (.first, _), (.open, _):
            phase = .open
            return meaning(of: message)
        }
    }

    /// A block counts as a message: a bitfield after it is news.
    package mutating func receivedBlock() {
        if phase == .first { phase = .open }
    }

    /// Ends the connection: whatever is still in the stream means nothing.
    package mutating func close() {
        phase = .closed
    }

    private mutating func meaning(of message: PeerMessage) -> Meaning {
        switch message {
        case .choke:
            guard !peerChoking else { return .ignored }
            peerChoking = true
            return .chokedUs
        case .unchoke:
            guard peerChoking else { return .ignored }
            peerChoking = false
            return .unchokedUs
        case .interested:
            guard !peerInterested else { return .ignored }
            peerInterested = true
            return .becameInterested
        case .notInterested:
            guard peerInterested else { return .ignored }
            peerInterested = false
            return .lostInterest
        case .have(let index):
            guard let piece = layout.piece(index) else { return close(.noSuchPiece(index)) }
            return .has(piece)
        case .request(let piece, let offset, let length):
            guard let range = range(piece, offset, length) else {
                return .requestsNonsense(piece: piece, offset: offset, length: length)
            }
            return .requests(range)
        case .cancel(let piece, let offset, let length):
            return range(piece, offset, length).map { .cancels($0) } ?? .ignored
        case .suggest(let index):
            guard isFast else { return close(.fastNotAgreed(id: MessageID.suggest)) }
            return layout.piece(index).map { .suggests($0) } ?? .ignored
        case .allowedFast(let index):
            guard isFast else { return close(.fastNotAgreed(id: MessageID.allowedFast)) }
            return layout.piece(index).map { .allowsFast($0) } ?? .ignored
        case .reject(let piece, let offset, let length):
            guard isFast else { return close(.fastNotAgreed(id: MessageID.reject)) }
            return range(piece, offset, length).map { .rejects($0) } ?? .rejectsNonsense
        case .haveAll:
            return close(isFast ? .notFirst(id: MessageID.haveAll) : .fastNotAgreed(id: MessageID.haveAll))
        case .haveNone:
            return close(isFast ? .notFirst(id: MessageID.haveNone) : .fastNotAgreed(id: MessageID.haveNone))
        case .keepAlive, .bitfield, .extended:
            return .ignored
        }
    }

    private func range(_ piece: UInt32, _ offset: UInt32, _ length: UInt32) -> BlockRange? {
        guard length <= longestRange else { return nil }
        return layout.range(piece: piece, offset: offset, length: length)
    }

    private mutating func close(_ fault: PeerFault) -> Meaning {
        phase = .closed
        return .fault(fault)
    }
}
