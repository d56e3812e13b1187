import BitTorrentTypes
import BusServices

/// What is worth knowing beside the reason why a torrent stands where it stands.
extension TorrentFacts {
    var moving: Explanation.Finding? {
        guard let target = torrent.movingTo else { return nil }
        return .init(
            reason: .moving,
            text:
                "its files are being moved to \(DisplayText.escaped(target)): \(HumanUnits.percent(torrent.moveProgress))",
            advice: "it goes on by itself when they are there"
        )
    }

    var moveFailed: Explanation.Finding? {
        guard let error = torrent.moveError, torrent.movingTo == nil else { return nil }
        return .init(
            reason: .moveFailed,
            text: "its files could not be moved: \(error)",
            advice: "mend that and try again with: p2pctl move \(id) DIR"
        )
    }

    /// The torrent, or its whole node, is connected with as many peers as it may be.
    var connectionsFull: Explanation.Finding? {
        if swarm.nodeConnectionLimit > 0, swarm.nodeConnections >= swarm.nodeConnectionLimit {
            return .init(
                reason: .connectionsFull,
                text:
                    "\(torrent.node) has as many connections as it may, \(swarm.nodeConnectionLimit), and makes no more",
                advice: "raise peer.connections.node in config.yaml, or pause other torrents"
            )
        }
        guard swarm.connectionLimit > 0, torrent.peers >= swarm.connectionLimit else { return nil }
        return .init(
            reason: .connectionsFull,
            text: "it has as many connections as it may: \(swarm.connectionLimit)",
            advice: "allow more with: p2pctl configure \(id) --connections \(2 * swarm.connectionLimit)"
        )
    }

    var superSeeding: Explanation.Finding? {
        guard torrent.options.isSuperSeeding else { return nil }
        return .init(
            reason: .superSeeding,
            text: "it super-seeds: a peer is shown the next piece when others have its last one",
            advice: "show them all, once somebody else has all, with: p2pctl configure \(id) --super off"
        )
    }

    /// Files were left out.
    var partial: Explanation.Finding? {
        guard torrent.wantedBytes < torrent.size else { return nil }
        return .init(
            reason: .partial,
            text: "only a part of it is wanted: \(HumanUnits.bytes(torrent.wantedBytes)) of "
                + HumanUnits.bytes(torrent.size),
            advice: "see p2pctl files \(id); download all with: p2pctl configure \(id) --normal NUMBERS"
        )
    }

    var badData: Explanation.Finding? {
        guard torrent.hashFailed > 0 else { return nil }
        return .init(
            reason: .badData,
            text: "peers sent \(HumanUnits.bytes(torrent.hashFailed)) in pieces that were bad, which are fetched again",
            advice: "who is found out is banned by itself; see: p2pctl peers \(id)"
        )
    }

    /// Files that were wanted by now.
    var late: Explanation.Finding? {
        let numbers = detail.files.enumerated().filter { _, file in (file.deadlineSeconds ?? 0) < 0 }.map {
            $0.offset + 1
        }
        guard !numbers.isEmpty else { return nil }
        let shown = numbers.prefix(5).map(String.init).joined(separator: ", ")
        return .init(
            reason: .late,
            text:
                "\(numbers.count == 1 ? "file" : "files") \(shown)\(numbers.count > 5 ? ", …" : "") should be there by now",
            advice: "give more time, or none, with: p2pctl configure \(id) --by \(numbers[0])=off"
        )
    }
}
