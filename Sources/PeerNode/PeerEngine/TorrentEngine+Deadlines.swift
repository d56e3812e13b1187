package import BitTorrentTypes
import PeerWire

/// When a piece is needed.
struct PieceDeadline: Hashable, Sendable {
    let piece: PieceIndex
    let at: EngineTime
}

// Pieces that are needed by a certain time.

extension TorrentEngine {
    /// A peer that can be asked at once, and how it stands.
    private struct Runner {
        let place: Int
        /// How long it takes for a block, by what it has shown.
        let secondsPerBlock: Double
        var asked: Int
        let most: Int

        /// When it would deliver a block that it was asked for now.
        var secondsToNext: Double { Double(asked + 1) * secondsPerBlock }
    }

    /// A peer that has shown nothing yet is taken for this fast, in bytes a second.
    private static let assumedRate = 32.0 * 1024
    /// So many peers at most are asked for one block.
    private static let mostAskedForLate = 3

    /// Asks for `piece` before all pieces that are needed later or at no certain time; `nil` takes that back.
    ///
    /// Such pieces are begun in the order of their deadlines, by the peers that would deliver first. A piece that is
    /// verified or skipped has no deadline. The time may have passed when the piece comes: it is a wish.
    package mutating func setDeadline(
        _ piece: PieceIndex,
        within time: Duration?,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        deadlines.removeAll { $0.piece == piece }
        guard let time, missing.contains(piece) else { return }
        let deadline = PieceDeadline(piece: piece, at: now + time)
        let place = deadlines.firstIndex { $0.at > deadline.at } ?? deadlines.count
        deadlines.insert(deadline, at: place)
        askUrgent(at: now, into: &actions)
    }

    /// Asks the fastest peers for the blocks that are needed first.
    mutating func askUrgent(at now: EngineTime, into actions: inout [TorrentAction]) {
        var runners = runners(at: now)
        for deadline in deadlines {
            while let runner = fastest(of: runners, for: deadline.piece) {
                let place = runners[runner].place
                guard let block = picker.askOne(of: deadline.piece, for: peers[place].key) else { break }
                if !peers[place].isProven, !peers[place].probation.contains(block.piece) {
                    peers[place].probation.append(block.piece)
                }
                askNow(block, of: place, at: now, into: &actions)
                runners[runner].asked += 1
            }
        }
    }

    /// Asks a second peer, and a third, for urgent blocks that the first will not deliver in time.
    mutating func askLateAgain(at now: EngineTime, into actions: inout [TorrentAction]) {
        guard !deadlines.isEmpty, !isPaused else { return }
        askUrgent(at: now, into: &actions)
        var runners = runners(at: now)
        for slow in peers.indices {
            let secondsPerBlock = secondsPerBlock(of: slow, at: now)
            for (ahead, entry) in peers[slow].requests.entries.enumerated()
            where !entry.isOverdue && now - entry.askedAt >= settings.endGameAfter {
                let seconds = Double(ahead + 1) * secondsPerBlock
                guard let deadline = deadlines.first(where: { $0.piece == entry.block.piece }),
                    now + .seconds(min(seconds, 1e6)) > deadline.at,
                    let runner = fastest(of: runners, for: entry.block.piece, notAskedFor: entry.block),
                    now >= deadline.at || runners[runner].secondsToNext < seconds,
                    askAgain(entry)
                else { continue }
                askNow(entry.block, of: runners[runner].place, at: now, into: &actions)
                runners[runner].asked += 1
            }
        }
    }

    private func runners(at now: EngineTime) -> [Runner] {
        peers.indices.compactMap { place in
            let peer = peers[place]
            let isSuspect = peer.contributor.map { ledger.isOnParole($0) } ?? false
            guard !peer.state.peerChoking, !peer.isSnubbed, !isSuspect, peer.interesting > 0 else { return nil }
            let reqq = peer.handshake?.requestQueueLength ?? settings.unknownPipeline
            return Runner(
                place: place,
                secondsPerBlock: secondsPerBlock(of: place, at: now),
                asked: peer.requests.liveCount,
                most: min(2 * peer.pipeline, settings.maximumPipeline, reqq)
            )
        }
    }

    private func secondsPerBlock(of place: Int, at now: EngineTime) -> Double {
        let rate = peers[place].down.rate(at: now)
        let isKnown = peers[place].down.total > 0
        return Double(PieceLayout.blockLength) / max(isKnown ? rate : Self.assumedRate, 1)
    }

    /// The runner that would deliver a block of `piece` first, as its place among `runners`.
    private func fastest(of runners: [Runner], for piece: PieceIndex, notAskedFor block: BlockRange? = nil) -> Int? {
        runners.indices.filter { index in
            let peer = peers[runners[index].place]
            guard runners[index].asked < runners[index].most, peer.has.contains(piece) else { return false }
            if let block, peer.requests.index(of: block) != nil { return false }
            return peer.isProven || peer.probation.contains(piece)
                || peer.probation.count < PiecePicker.probationPieces
        }.min { runners[$0].secondsToNext < runners[$1].secondsToNext }
    }

    private mutating func askAgain(_ entry: RequestQueue.Entry) -> Bool {
        let isAdded = picker.update(entry.block.piece) { partial in
            guard !partial.isExclusive, partial.blocks[entry.number].asked < Self.mostAskedForLate else { return false }
            partial.askAgain(entry.number)
            return true
        }
        return isAdded == true
    }

    private mutating func askNow(
        _ block: BlockRange,
        of place: Int,
        at now: EngineTime,
        into actions: inout [TorrentAction]
    ) {
        if peers[place].requests.liveCount == 0 {
            peers[place].deliveredAt = now
            peers[place].busySince = now
        }
        peers[place].requests.append(block, at: now)
        send(.request(block), to: place, at: now, into: &actions)
    }
}
