package import BitTorrentTypes
import PeerWire

// What the two sides tell each other beyond BEP 3: that one wants nothing more, that one has lost a piece.

extension TorrentEngine {
    /// A verified piece is bad or gone, as somebody found who read the disk: it is downloaded again, and no longer shared.
    ///
    /// Peers that understand it are told (BEP 54); the others ask in vain.
    package mutating func pieceLost(_ piece: PieceIndex, at now: EngineTime, into actions: inout [TorrentAction]) {
        guard verified.remove(piece) else { return }
        let wasFinished = isFinished
        if picker.isWanted(piece) { missing.insert(piece) }
        picker.lose(piece)
        let message = ExtensionMessage.doNotHave(UInt32(truncatingIfNeeded: piece.rawValue))
        for place in peers.indices {
            if let message = message.message(to: peers[place].handshake) {
                send(message, to: place, at: now, into: &actions)
            }
            for range in peers[place].uploads.removeWaiting(where: { $0.piece == piece }) {
                refuse(.reject(range), to: place, at: now, into: &actions)
            }
            guard missing.contains(piece), peers[place].has.contains(piece) else { continue }
            peers[place].interesting += 1
            updateInterest(place, at: now, into: &actions)
        }
        if wasFinished, !isFinished { becameUnfinished(at: now, into: &actions) }
        for place in peers.indices { refill(place, at: now, into: &actions) }
        dial(at: now, into: &actions)
    }

    /// We have all that we want: tells everybody, and leaves those who have nothing to ask of us.
    mutating func becameFinished(at now: EngineTime, into actions: inout [TorrentAction]) {
        if !isComplete { actions.append(.finished) }
        for place in peers.indices.reversed() where !closeIfRedundant(place, at: now, into: &actions) && !hidesPieces {
            tellUploadOnly(true, to: place, at: now, into: &actions)
        }
    }

    /// We want something again.
    mutating func becameUnfinished(at now: EngineTime, into actions: inout [TorrentAction]) {
        book.welcomeSeeds(at: now)
        for place in peers.indices { tellUploadOnly(false, to: place, at: now, into: &actions) }
    }

    mutating func extended(
        _ message: ExtensionMessage,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        switch message {
        case .uploadOnly(let isUploadOnly):
            peers[place].handshake?.isUploadOnly = isUploadOnly
            _ = closeIfRedundant(place, at: now, into: &actions)
        case .doNotHave(let index):
            guard let piece = layout.piece(index) else {
                return close(place, .noSuchPiece(index), at: now, into: &actions)
            }
            peerLost(piece, place, at: now, into: &actions)
        }
    }

    /// In the short form to a peer that knows it, else in a further handshake.
    private mutating func tellUploadOnly(
        _ isUploadOnly: Bool,
        to place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard peers[place].arrival.supportsExtensions else { return }
        if let message = ExtensionMessage.uploadOnly(isUploadOnly).message(to: peers[place].handshake) {
            return send(message, to: place, at: now, into: &actions)
        }
        var handshake = ExtensionHandshake()
        handshake.extensions = ExtensionMessage.offered
        handshake.isUploadOnly = isUploadOnly
        let message = PeerMessage.extended(id: ExtensionHandshake.messageID, payload: handshake.payload)
        send(message, to: place, at: now, into: &actions)
    }

    private mutating func peerLost(
        _ piece: PieceIndex,
        _ place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        guard peers[place].has.remove(piece) else { return }
        if peers[place].cameComplete {
            // From now on it counts like any other.
            peers[place].cameComplete = false
            for other in layout.pieces where peers[place].has.contains(other) { picker.rarity.raise(other) }
        } else {
            picker.rarity.lower(piece)
        }
        for index in peers[place].requests.entries.indices.reversed() {
            let entry = peers[place].requests[index]
            guard entry.block.piece == piece, !entry.isArriving else { continue }
            drop(index, of: place)
            if peers[place].isFast { peers[place].rejects.tookBack() }
        }
        guard missing.contains(piece) else { return }
        peers[place].interesting -= 1
        updateInterest(place, at: now, into: &actions)
        refillIdle(at: now, into: &actions)
    }
}
