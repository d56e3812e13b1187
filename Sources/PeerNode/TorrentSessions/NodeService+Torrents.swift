package import BitTorrentTypes
package import BusServices
package import BusTransport
import Foundation
import Metainfo
import PeerEngine
import PieceStore

/// What the others may ask of a node.
extension NodeService: TorrentsService {
    /// What the answer to adding a seeding torrent waits for its first announce.
    private static let firstAnnounceLimit = Duration.seconds(3)

    package func add(_ addition: TorrentAddition) async throws(BusFault) -> (
        torrent: TorrentSummary, alreadyPresent: Bool
    ) {
        let metainfo: Metainfo
        do throws(MetainfoError) {
            metainfo = try Metainfo.parse(addition.metainfo)
            try metainfo.requireShareable()
        } catch {
            throw BusFault(.invalid, "this is not a torrent we can use: \(error)")
        }
        guard !metainfo.isPrivate || addition.peers.isEmpty else {
            throw BusFault(.invalid, "this torrent is private: it takes peers from its trackers only (BEP 27)")
        }
        if let present = registry[metainfo.infoHash] { return (await present.merge(metainfo, addition.peers), true) }
        let directory = try prepare(addition.directory)
        let pieceCount = metainfo.layout.pieceCount
        let isVerified = addition.existingData == .verified
        var record = TorrentRecord(
            infoHash: metainfo.infoHash,
            metainfo: metainfo.bytes,
            directory: directory,
            isPaused: addition.isPaused,
            addedAt: Int(Date().timeIntervalSince1970),
            verified: isVerified ? Bitfield(allOf: pieceCount) : Bitfield(pieceCount: pieceCount)
        )
        // What is on the disk counts once it is hashed, also when the node is stopped before that.
        if !isVerified {
            record.check = RecordedCheck(unchecked: Bitfield(allOf: pieceCount).bytes, isHalted: addition.isPaused)
        }
        do throws(TorrentChangeError) {
            let fileCount = metainfo.files.count { !$0.isPadding }
            record.options = try record.options.making(addition.change, fileCount: fileCount)
        } catch {
            throw BusFault(.invalid, "\(error)")
        }
        record.volume = Volume(of: directory)
        record.peers = Array(addition.peers.prefix(TorrentSession.askedPeerLimit))
        let session = TorrentSession(metainfo: metainfo, record: record, environment: shared)
        if isVerified {
            do throws(StoreError) { try session.files.requireAllFiles() } catch {
                throw BusFault(.invalid, "the data is not there: \(error)")
            }
        }
        if let present = registry.insert(session) {
            guard present.infoHash == metainfo.infoHash else {
                let path = StoreError.printable(session.files.path)
                throw BusFault(.refused, "\(path) belongs to torrent \(present.infoHash): choose another folder")
            }
            return (await present.merge(metainfo, addition.peers), true)
        }
        if let failure = await session.save(record) {
            _ = registry.remove(metainfo.infoHash)
            throw BusFault(.failed, "\(failure)")
        }
        let decides = steering.decidesStart(of: record.options)
        if decides { await session.awaitDecision() }
        if let place = addition.change.queueMove {
            do { try await steering.move(metainfo.infoHash, to: QueueOrder.Place(place)) } catch {
                throw BusFault(.failed, "\(error)")
            }
        }
        if addition.isPaused {
            await session.load()
            await steering.changed(session, decides: decides)
        } else {
            await session.start()
            await steering.changed(session, decides: decides)
            if isVerified { await session.firstAnnounce(within: Self.firstAnnounceLimit) }
        }
        return (await session.summary(), false)
    }

    package func list() async throws(BusFault) -> [TorrentSummary] {
        let listed = await TorrentPoll.ask(registry.all) { session, _ in
            (number: session.number, summary: session.fullSummary())
        }
        return listed.sorted { left, right in
            (left.summary.queuePosition, left.number, left.summary.infoHash)
                < (right.summary.queuePosition, right.number, right.summary.infoHash)
        }.map(\.summary)
    }

    package func show(_ infoHash: InfoHash) async throws(BusFault) -> TorrentDetail {
        await (try session(infoHash)).detail()
    }

    package func peers(_ infoHash: InfoHash) async throws(BusFault) -> PeerListing {
        let session = try session(infoHash)
        return await PeerListing(peers: session.peerSummaries(), departures: session.departures)
    }

    package func pause(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        do { try await session.pause() } catch {
            throw BusFault(.failed, "\(error)")
        }
        await steering.changed(session, decides: false)
        return await session.summary()
    }

    package func resume(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        do {
            // Who resumes what has been seeded enough wants it seeded on.
            if await session.state == .finished {
                var change = TorrentChange()
                change.seedRatio = .never
                change.seedTime = .never
                try await session.configure(change)
            }
            try await session.resume()
        } catch {
            throw BusFault(.failed, "\(error)")
        }
        await steering.changed(session, decides: await session.awaitsDecision)
        return await session.summary()
    }

    package func recheck(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        do { try await session.recheck() } catch {
            throw BusFault(.failed, "\(error)")
        }
        return await session.summary()
    }

    package func announce(_ infoHash: InfoHash) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        await session.announceNow()
        return await session.summary()
    }

    package func configure(_ infoHash: InfoHash, _ change: TorrentChange) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        do { try await session.configure(change) } catch let error as TorrentChangeError {
            throw BusFault(.invalid, "\(error)")
        } catch {
            throw BusFault(.failed, "\(error)")
        }
        do {
            if let place = change.queueMove {
                try await steering.move(infoHash, to: QueueOrder.Place(place))
            } else if change.seedRatio != nil || change.seedTime != nil {
                await steering.arrange()
            }
        } catch {
            throw BusFault(.failed, "\(error)")
        }
        return await session.summary()
    }

    package func move(_ infoHash: InfoHash, to directory: [UInt8]) async throws(BusFault) -> TorrentSummary {
        let session = try session(infoHash)
        let directory = try prepare(directory)
        let target = directory + [UInt8(ascii: "/")] + session.files.metainfo.name
        if directory == session.files.directory {
            throw BusFault(.refused, "it is in \(StoreError.printable(directory)) already")
        }
        if let other = registry.all.first(where: { $0.files.path == target && $0 !== session }) {
            throw BusFault(.refused, "\(StoreError.printable(target)) belongs to torrent \(other.infoHash)")
        }
        do { try await session.move(to: directory) } catch let refusal as MoveRefusal {
            throw BusFault(.refused, "\(refusal)")
        } catch {
            throw BusFault(error is StoreError ? .refused : .failed, "\(error)")
        }
        return await session.summary()
    }

    package func remove(_ infoHash: InfoHash, deleteData: Bool) async throws(BusFault) {
        guard let session = registry.remove(infoHash) else {
            throw BusFault(.notFound, "\(environment.name) has no torrent \(infoHash)")
        }
        let failure = await session.remove(deletingData: deleteData)
        await steering.removed()
        if let failure { throw BusFault(.failed, failure) }
    }

    private func session(_ infoHash: InfoHash) throws(BusFault) -> TorrentSession {
        guard let session = registry[infoHash] else {
            throw BusFault(.notFound, "\(environment.name) has no torrent \(infoHash)")
        }
        return session
    }

    /// The folder for the files, without a slash at its end, there and writable.
    private func prepare(_ directory: [UInt8]) throws(BusFault) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard directory.first == slash, !directory.contains(0), directory.count <= 4096 else {
            throw BusFault(.invalid, "the folder \(StoreError.printable(directory)) is not an absolute path")
        }
        var path = directory
        while path.count > 1, path.last == slash { path.removeLast() }
        do throws(StoreError) { try Directory.prepare(path) } catch {
            throw BusFault(.refused, "\(error)")
        }
        return path
    }
}

extension QueueOrder.Place {
    fileprivate init(_ move: TorrentChange.QueueMove) {
        switch move {
        case .up: self = .up
        case .down: self = .down
        case .top: self = .top
        case .bottom: self = .bottom
        }
    }
}
