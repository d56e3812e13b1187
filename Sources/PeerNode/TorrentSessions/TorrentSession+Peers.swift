package import BitTorrentTypes
import Logging
import Metainfo
package import NIOCore
import NIOPosix
import PeerEngine
package import PeerNetworking
package import PeerWire
import PieceStore

/// What connections bring goes to the engine, what the engine wants goes to connections.
extension TorrentSession: PeerConnectionDelegate {
    nonisolated package var layout: PieceLayout { files.metainfo.layout }

    nonisolated package var limits: PeerWireLimits {
        PeerWireLimits(pieceCount: layout.pieceCount, blockLength: PeerWireLimits.maximumRunLength)
    }

    nonisolated package var handshake: Handshake { Handshake(infoHash: infoHash, peerID: environment.peerID) }

    nonisolated package var takesConnections: Bool { assumeIsolated { $0.engine != nil } }

    nonisolated package func connected(_ connection: PeerConnection, handshake: Handshake) {
        assumeIsolated { $0.register(connection, handshake) }
    }

    nonisolated package func received(_ message: PeerMessage, from connection: PeerConnection) {
        assumeIsolated { session in
            guard let key = session.keys[ObjectIdentifier(connection)] else { return }
            session.engine?.received(message, from: key, at: session.now, into: &session.actions)
            switch message {
            // Many idle peers say these, and nothing comes of them.
            case .keepAlive, .have: break
            case .extended:
                session.stir()
                session.dialNew()
            default: session.stir()
            }
        }
    }

    nonisolated package func blockStarts(_ header: BlockHeader, from connection: PeerConnection) -> BlockRange? {
        assumeIsolated { session in
            guard let key = session.keys[ObjectIdentifier(connection)] else { return nil }
            return session.engine?.blockStarts(header, from: key, at: session.now, into: &session.actions)
        }
    }

    nonisolated package func write(_ blocks: [UnsafeRawBufferPointer], at offset: Int) {
        do throws(StoreError) {
            try files.write(blocks, at: offset)
        } catch {
            assumeIsolated { $0.fail(error) }
        }
    }

    nonisolated package func received(_ blocks: [BlockRange], from connection: PeerConnection) {
        assumeIsolated { session in
            guard let key = session.keys[ObjectIdentifier(connection)] else { return }
            let now = session.now
            for block in blocks { session.engine?.blockReceived(block, from: key, at: now, into: &session.actions) }
            session.stir()
        }
    }

    nonisolated package func cachedPlace(of range: Range<Int>) -> PayloadPlace? {
        do throws(StoreError) {
            let place = try files.cachedPlace(of: range)
            return place.map { PayloadPlace(descriptor: $0.descriptor, offset: $0.offset, owner: $0) }
        } catch {
            // The read that follows meets it too, and says so.
            return nil
        }
    }

    nonisolated package func readCached(_ run: inout OutgoingRun) -> CachedRead {
        do {
            let offset = run.offset
            return try run.fill { try files.readCached(into: $0, at: offset) } ? .done : .cold
        } catch {
            assumeIsolated { $0.fail(error) }
            return .failed
        }
    }

    nonisolated package func read(_ run: OutgoingRun) -> EventLoopFuture<OutgoingRun?> {
        let files = files
        return environment.coldReads.runIfActive(eventLoop: eventLoop) { () -> OutgoingRun? in
            var filled = run
            try filled.fill { try files.read(into: $0, at: run.offset) }
            return filled
        }
        .flatMapErrorThrowing { [self] error in
            assumeIsolated { $0.fail(error) }
            return nil
        }
    }

    nonisolated package func sent(_ blocks: [BlockRange], to connection: PeerConnection) {
        assumeIsolated { session in
            guard let key = session.keys[ObjectIdentifier(connection)] else { return }
            let now = session.now
            for block in blocks { session.engine?.blockUploaded(block, to: key, at: now, into: &session.actions) }
            session.stir()
            session.pump()
        }
    }

    nonisolated package func readCompleted(_ connection: PeerConnection) {
        assumeIsolated { $0.pump() }
    }

    nonisolated package func closed(_ connection: PeerConnection, because fault: PeerFault) {
        assumeIsolated { $0.unregister(connection, fault) }
    }

    private func register(_ connection: PeerConnection, _ handshake: Handshake) {
        dials[ObjectIdentifier(connection)] = nil
        guard engine != nil else { return connection.close(.stopped) }
        let arrival = PeerArrival(
            direction: connection.isIncoming ? .incoming : .outgoing(connection.remote),
            address: connection.remote,
            handshake: handshake
        )
        do throws(PeerFault) {
            // The optional chain: `engine` was there a line ago, and the loop is ours.
            guard let key = try engine?.peerConnected(arrival, at: now, into: &actions) else { return }
            connections[key] = connection
            keys[ObjectIdentifier(connection)] = key
            if isHoldingReads { connection.reads(false) }
        } catch {
            logger.debug("peer refused", metadata: ["peer": "\(connection.remote)", "reason": "\(error)"])
            connection.close(error)
        }
        stir()
        pump()
    }

    private func unregister(_ connection: PeerConnection, _ fault: PeerFault) {
        let isDial = dials.removeValue(forKey: ObjectIdentifier(connection)) != nil
        if let key = keys.removeValue(forKey: ObjectIdentifier(connection)) {
            connections[key] = nil
            logger.debug("peer gone", metadata: ["peer": "\(connection.remote)", "reason": "\(fault)"])
            engine?.peerGone(key, fault, at: now, into: &actions)
        } else if isDial {
            logger.debug("dial failed", metadata: ["peer": "\(connection.remote)", "reason": "\(fault)"])
            engine?.dialFailed(connection.remote, fault, at: now)
        }
        stir()
        pump()
    }

    func learn(_ addresses: [PeerAddress], from source: AddressSource) {
        guard !addresses.isEmpty else { return }
        engine?.learn(addresses, from: source, at: now, into: &actions)
        stir()
        dialNew()
        pump()
    }

    /// Addresses that a person gave, now and for later starts.
    func addPeers(_ addresses: [PeerAddress]) async {
        let new = addresses.filter { !askedPeers.contains($0) }
        learn(addresses, from: .user)
        guard !new.isEmpty else { return }
        askedPeers = Array((askedPeers + new).suffix(Self.askedPeerLimit))
        let (infoHash, peers) = (infoHash, askedPeers)
        let result = await environment.recorder.afterFlush { database in
            Result { try database.setPeers(peers, infoHash) }
        }
        if case .failure(let error) = result { logger.error("peers not recorded", metadata: ["reason": "\(error)"]) }
    }

    static let askedPeerLimit = 200

    // MARK: - Actions

    /// Does what the engine wants, until it wants nothing more.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        // A socket that takes a block at once makes the engine want the next one while we are still here.
        repeat {
            var next = 0
            while next < actions.count {
                let action = actions[next]
                next += 1
                perform(action)
                // A failure empties the list under our feet.
                if engine == nil { return }
            }
            actions.removeAll(keepingCapacity: true)
            if !toRecord.isEmpty { recordGathered() }
            // Some more than once: the second time there is nothing to flush.
            let connectionsToFlush = touched
            touched.removeAll(keepingCapacity: true)
            for (_, connection) in connectionsToFlush {
                connection.serveUploads()
                connection.flush()
            }
        } while !actions.isEmpty
    }

    private func perform(_ action: TorrentAction) {
        switch action {
        case .send(let message, let key):
            touch(key)?.send(message)
        case .serve(let block, let key):
            touch(key)?.upload(block, at: layout.bytes(of: block).lowerBound)
        case .cancelServe(let block, let key):
            guard connections[key]?.cancelUpload(block) == true else { return }
            engine?.serveCancelled(block, to: key, at: now, into: &actions)
        case .cancelAllServes(let key):
            connections[key]?.cancelUploads()
        case .dropIncomingBlock(let key):
            connections[key]?.dropIncomingBlock()
        case .verify(let piece):
            verify(piece)
        case .connect(let address):
            let connection = environment.transport.connect(to: address, delegate: self)
            dials[ObjectIdentifier(connection)] = connection
        case .close(let key, let fault):
            guard let connection = connections.removeValue(forKey: key) else { return }
            keys[ObjectIdentifier(connection)] = nil
            logger.debug("peer closed", metadata: ["peer": "\(connection.remote)", "reason": "\(fault)"])
            // What was said before the end still goes out.
            connection.flush()
            connection.close(fault)
        case .pieceVerified(let piece):
            verified.insert(piece)
            toRecord.append(piece)
        case .pieceRefused(let piece):
            logger.info("piece refused", metadata: ["piece": "\(piece)"])
        case .digestBlocks(let piece):
            digestBlocks(of: piece)
        case .banned(let address, let id):
            logger.notice("peer banned for wrong data", metadata: ["peer": "\(address)", "peer_id": "\(id)"])
        case .finished:
            logger.info("torrent finished: every wanted piece is there")
            publish()
        case .completed:
            completed()
        }
    }

    /// The connection of `key`, which is to be flushed.
    ///
    /// Actions for one peer mostly come in a row.
    private func touch(_ key: PeerKey) -> PeerConnection? {
        if let last = touched.last, last.key == key { return last.connection }
        guard let connection = connections[key] else { return nil }
        touched.append((key, connection))
        return connection
    }

    private func completed() {
        logger.info("torrent complete")
        let announcer = announcer
        Task { await announcer?.completed() }
        publish()
    }
}
