import BitTorrentTypes
import BusServices
import Metainfo
import PeerEngine
import PeerWire
import PieceStore

/// What tells why a torrent does not go on.
extension TorrentSession {
    /// More runs of pieces that nobody has are only counted.
    private static let listedRuns = 64

    func swarmFacts() async -> SwarmFacts {
        var facts = SwarmFacts()
        facts.isPrivate = metainfo.isPrivate
        facts.nodeConnections = environment.connections.used
        facts.nodeConnectionLimit = environment.connections.limit
        facts.connectionLimit = connectionLimit
        if let engine {
            facts.knownAddresses = engine.knownAddressCount
            facts.dials = engine.dialCount
            (facts.interestingPeers, facts.chokingPeers) = engine.interestingPeers
            let wanted = wantedPieces
            let lacking = hasAllWanted ? [] : engine.unavailable { wanted.contains($0) }
            facts.unavailablePieces = lacking.count
            facts.unavailable = Array(Self.runs(of: lacking).prefix(Self.listedRuns))
            facts.piecesAtHashers = engine.unjudgedCount
            facts.departures = departures
            facts.idleSeconds = idleSeconds
        }
        let files = files
        if !hasAllWanted {
            (facts.freeBytes, facts.neededBytes) = await environment.recorder.afterFlush { _ in
                (Directory.freeBytes(files.directory), (try? files.missingBytes()) ?? 0)
            }
        }
        return facts
    }

    /// The last departures, the newest first.
    var departures: [PeerDeparture] {
        let now = now
        return (engine?.departureLog ?? departureLog).newestFirst.map { departure in
            PeerDeparture(
                address: departure.address,
                client: Self.client(departure.client, departure.peerID),
                isDial: departure.isDial,
                reason: departure.fault.description,
                secondsAgo: max(0, (now - departure.at) / .seconds(1))
            )
        }
    }

    /// What a peer says it runs, else what its id tells.
    static func client(_ said: [UInt8]?, _ id: PeerID?) -> [UInt8] {
        if let said, !said.isEmpty { return said }
        guard let id else { return [] }
        return Array((ClientName.text(of: id) ?? id.description).utf8)
    }

    private static func runs(of pieces: [PieceIndex]) -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for piece in pieces {
            if let last = runs.last, last.upperBound + 1 == piece.rawValue {
                runs[runs.count - 1] = last.lowerBound...piece.rawValue
            } else {
                runs.append(piece.rawValue...piece.rawValue)
            }
        }
        return runs
    }
}

extension PeerSummary.Source {
    init(_ source: AddressSource?) {
        switch source {
        case .tracker?: self = .tracker
        case .user?: self = .user
        case nil: self = .incoming
        }
    }
}
