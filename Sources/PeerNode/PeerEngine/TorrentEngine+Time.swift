import BitTorrentTypes
import PeerWire

// What time and people bring about.

extension TorrentEngine {
    /// Time passes: keeps promises, notices those that others do not keep, gives the slots away anew, dials.
    package mutating func tick(at now: EngineTime, into actions: inout [TorrentAction]) {
        sharePipeline()
        for place in peers.indices.reversed() { tick(place, at: now, into: &actions) }
        expireParole(at: now)
        // Those that keep their word choose first.
        for isSnubbed in [false, true] {
            for place in peers.indices where peers[place].isSnubbed == isSnubbed {
                refill(place, at: now, isTick: true, into: &actions)
            }
        }
        revealNext(at: now, into: &actions)
        askLateAgain(at: now, into: &actions)
        updateSlots(at: now, into: &actions)
        dial(at: now, into: &actions)
    }

    /// Closes every connection and dials nobody until ``resume(at:into:)``; verdicts on pieces are still taken.
    package mutating func pause(at now: EngineTime, into actions: inout [TorrentAction]) {
        isPaused = true
        for place in peers.indices.reversed() { close(place, .stopped, at: now, into: &actions) }
    }

    package mutating func resume(at now: EngineTime, into actions: inout [TorrentAction]) {
        isPaused = false
        dial(at: now, into: &actions)
    }

    private mutating func tick(_ place: Int, at now: EngineTime, into actions: inout [TorrentAction]) {
        if now - peers[place].heardAt > settings.silenceLimit, !isHolding(at: now) {
            return close(place, .silent, at: now, into: &actions)
        }
        if peers[place].uploads.isServing, now - peers[place].uploadedAt > settings.unreadLimit {
            return close(place, .notReading, at: now, into: &actions)
        }
        if now - peers[place].spokenAt > settings.keepAliveInterval {
            send(.keepAlive, to: place, at: now, into: &actions)
        }
        updatePipeline(place, at: now)
        giveUpLate(place, at: now)
    }

    private mutating func updatePipeline(_ place: Int, at now: EngineTime) {
        guard !peers[place].isStarting(at: now) else {
            // How many it takes may have become known since.
            let limit = RequestQueue.limit(reqq: peers[place].handshake?.requestQueueLength, settings: settings)
            peers[place].pipeline = min(peers[place].pipeline, limit)
            return
        }
        peers[place].pipeline = RequestQueue.target(
            rate: peers[place].down.rate(at: now),
            age: now.seconds - peers[place].busySince.seconds,
            roundTrip: peers[place].roundTrip,
            reqq: peers[place].handshake?.requestQueueLength,
            settings: settings
        )
    }

    /// Frees the blocks that the peer has owed us for too long.
    private mutating func giveUpLate(_ place: Int, at now: EngineTime) {
        guard peers[place].requests.liveCount > 0, !isHolding(at: now) else { return }
        if now - peers[place].deliveredAt > settings.snubAfter {
            peers[place].isSnubbed = true
            giveUpRequests(of: place)
            return
        }
        let entries = peers[place].requests.entries
        for index in entries.indices {
            guard now - entries[index].askedAt > settings.requestTimeout else { return }
            giveUp(index, of: place)
        }
    }

    /// A suspect that takes too long for the piece it works on alone loses it.
    private mutating func expireParole(at now: EngineTime) {
        let late = picker.partials.filter { partial in
            !partial.isFull && (partial.exclusiveSince.map { now - $0 > settings.paroleLimit } ?? false)
        }
        for owner in late.compactMap(\.owner) {
            guard let place = peers.place(of: owner) else { continue }
            giveUpRequests(of: place)
        }
    }
}
