package import BitTorrentTypes
import PeerWire

// What a rate limit of the owner means for what is asked, and for how long we wait.

extension TorrentEngine {
    /// How many seconds of the limit are asked for ahead, of all peers together.
    private static let limitedSeconds = 1.0
    /// For so long after reads were held back, nobody is blamed for being slow: we were.
    private static let holdGrace = Duration.seconds(10)

    /// Asks for no more than `limit` lets in within a short time; more would only wait in the network.
    package mutating func limitRequests(to limit: RateLimit) {
        requestLimit = limit
        sharePipeline()
    }

    /// The owner holds back what peers send, to keep a limit.
    package mutating func readsHeld(at now: EngineTime) { heldAt = now }

    /// Whether peers may be slow because of us.
    func isHolding(at now: EngineTime) -> Bool { heldAt.map { now - $0 < Self.holdGrace } ?? false }

    /// What a peer was served waits for its turn under a limit: it is not to blame for not reading it.
    package mutating func uploadHeld(to key: PeerKey, at now: EngineTime) {
        guard let place = peers.place(of: key) else { return }
        peers[place].uploadedAt = now
    }

    /// Gives each peer that may deliver an equal part of what is asked under a limit.
    mutating func sharePipeline() {
        guard case .bytesPerSecond(let rate) = requestLimit else {
            pipelineShare = .max
            return
        }
        let givers = peers.indices.count { peers[$0].interesting > 0 && !peers[$0].state.peerChoking }
        let blocks = Int(Double(rate) * Self.limitedSeconds) / PieceLayout.blockLength
        pipelineShare = max(1, blocks / max(1, givers))
    }
}
