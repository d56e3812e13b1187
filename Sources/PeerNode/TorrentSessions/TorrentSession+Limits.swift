import BitTorrentTypes
import NIOCore
import PeerEngine
package import PeerNetworking

/// Rate limits where bytes move: blocks are sent, and sockets read, when their turn has come.
///
///     up     serveUploads ─► allowance? ─ bytes ─► a run is read from disk and sent ─► spent
///                                └─ wait ─► the connection is held, and served when the time has come
///     down   a read ─► spent ─► allowance? ─ wait ─► no socket of the torrent is read until then
extension TorrentSession {
    /// How many bytes of blocks `connection` may send now; 0 when it is to wait, and is served later.
    nonisolated package func uploadAllowance(of connection: PeerConnection) -> Int {
        assumeIsolated { session in
            guard let key = session.keys[ObjectIdentifier(connection)] else { return 0 }
            switch session.allowance(.up) {
            case .unlimited: return .max
            case .bytes(let bytes): return bytes
            case .wait(let until):
                session.holdUpload(of: key, until: until)
                return 0
            }
        }
    }

    /// Blocks of so many bytes are on their way to a peer.
    nonisolated package func uploads(_ bytes: Int) {
        assumeIsolated { $0.throttles[NodeThrottle.Direction.up.rawValue].spend(bytes) }
    }

    /// So many bytes came in from a peer.
    nonisolated package func hasRead(_ bytes: Int) {
        assumeIsolated { session in
            session.throttles[NodeThrottle.Direction.down.rawValue].spend(bytes)
            if case .wait(let until) = session.allowance(.down) { session.holdReads(until: until) }
        }
    }

    private func allowance(_ direction: NodeThrottle.Direction) -> TransferThrottle.Allowance {
        let node = environment.throttle
        if node.generation != throttleGeneration { limitsChanged() }
        let quantum = node.quantum(direction)
        guard quantum != nil || throttles[direction.rawValue].limit != .unlimited else { return .unlimited }
        let now = now
        return throttles[direction.rawValue].allowance(at: now, sharedQuantum: quantum) {
            node.book($0, direction, at: now)
        }
    }

    /// Takes the present limits over: those of the torrent, and those of the node.
    func limitsChanged() {
        let node = environment.throttle
        throttleGeneration = node.generation
        for (direction, limit) in [(NodeThrottle.Direction.down, options.downLimit), (.up, options.upLimit)] {
            throttles[direction.rawValue].set(limit, at: now)
            throttles[direction.rawValue].reset()
        }
        engine?.limitRequests(to: RateLimit.lower(options.downLimit, node.limit(.down)))
        releaseUploads()
        releaseReads()
    }

    // MARK: - Up

    private func holdUpload(of key: PeerKey, until moment: EngineTime) {
        engine?.uploadHeld(to: key, at: now)
        if !heldUploads.contains(key) { heldUploads.append(key) }
        guard uploadRelease == nil else { return }
        uploadRelease = schedule(at: moment) { $0.releaseUploads() }
    }

    /// Serves those that wait, the longest first, as far as the limit lets them.
    private func releaseUploads() {
        uploadRelease?.cancel()
        uploadRelease = nil
        let waiting = heldUploads
        heldUploads.removeAll(keepingCapacity: true)
        for key in waiting {
            guard let connection = connections[key] else { continue }
            connection.serveUploads()
            connection.flush()
        }
    }

    // MARK: - Down

    private func holdReads(until moment: EngineTime) {
        engine?.readsHeld(at: now)
        guard readRelease == nil else { return }
        for connection in connections.values { connection.reads(false) }
        readRelease = schedule(at: moment) { $0.releaseReads() }
    }

    private func releaseReads() {
        guard let release = readRelease else { return }
        release.cancel()
        readRelease = nil
        for connection in connections.values { connection.reads(true) }
    }

    /// Whether sockets of the torrent are not to be read now.
    var isHoldingReads: Bool { readRelease != nil }

    private func schedule(
        at moment: EngineTime,
        _ body: @escaping @Sendable (isolated TorrentSession) -> Void
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(clamping: moment.nanoseconds))
        return eventLoop.scheduleTask(deadline: deadline) { bound.value.assumeIsolated { body($0) } }
    }

    /// Forgets what waits, when the torrent leaves the swarm.
    func dropHeld() {
        uploadRelease?.cancel()
        uploadRelease = nil
        readRelease?.cancel()
        readRelease = nil
        heldUploads.removeAll()
    }
}
