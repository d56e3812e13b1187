import BitTorrentTypes
import Foundation
import PeerEngine
import PeerWire

/// How nodes find each other, meet and part.
extension VirtualSwarm {
    /// As many as a tracker tells at once.
    private static let toldByTracker = 30

    /// The tracker tells a node of some that are there, and it comes back for more.
    func announce(_ node: Int) {
        guard nodes[node].isPresent else { return }
        let others = nodes.indices.filter { $0 != node && nodes[$0].isPresent }
        let told = others.shuffled(using: &random).prefix(Self.toldByTracker).map { nodes[$0].address }
        act(node) { engine, now, actions in engine.learn(told, from: .tracker, at: now, into: &actions) }
        schedule(.announce(node), after: .seconds(Int.random(in: 50...70, using: &random)))
    }

    /// Tells one node where another listens.
    func introduce(_ node: Int, to other: Int) {
        let address = nodes[other].address
        act(node) { engine, now, actions in engine.learn([address], from: .tracker, at: now, into: &actions) }
    }

    func dial(from: Int, _ address: PeerAddress) {
        guard nodes[from].isPresent else { return }
        guard let to = number(of: address), nodes[to].isPresent, nodes[to].member.isReachable else {
            nodes[from].engine.dialFailed(address, .connectionLost("refused"), at: now)
            return
        }
        let source = PeerAddress(ip: nodes[from].address.ip, port: 50_000)
        var theirActions: [TorrentAction] = []
        var ourActions: [TorrentAction] = []
        do throws(PeerFault) {
            let arrival = PeerArrival(direction: .incoming, address: source, handshake: handshake(of: from))
            let theirKey = try nodes[to].engine.peerConnected(arrival, at: now, into: &theirActions)
            do throws(PeerFault) {
                let arrival = PeerArrival(
                    direction: .outgoing(address),
                    address: address,
                    handshake: handshake(of: to)
                )
                let ourKey = try nodes[from].engine.peerConnected(arrival, at: now, into: &ourActions)
                join(from, ourKey, to, theirKey)
            } catch {
                nodes[to].engine.peerGone(theirKey, .connectionLost("closed"), at: now, into: &theirActions)
            }
        } catch {
            nodes[from].engine.dialFailed(address, .connectionLost("closed at once"), at: now)
        }
        perform(theirActions, of: to)
        perform(ourActions, of: from)
    }

    private func handshake(of node: Int) -> Handshake {
        Handshake(infoHash: infoHash, peerID: nodes[node].peerID)
    }

    private func join(_ from: Int, _ fromKey: PeerKey, _ to: Int, _ toKey: PeerKey) {
        let limits = PeerWireLimits(
            pieceCount: layout.pieceCount,
            blockLength: PeerWireLimits.maximumRequestLength
        )
        let number = links.count
        links.append(
            VirtualLink(
                sides: [(from, fromKey), (to, toKey)].map { node, key in
                    VirtualLink.Side(node: node, key: key, decoder: PeerFrameDecoder(limits: limits))
                },
                latency: .milliseconds(Int.random(in: weather.latency, using: &random)),
                bytesPerSecond: Int.random(in: weather.linkRate, using: &random)
            )
        )
        nodes[from].ends[fromKey] = LinkEnd(link: number, side: 0)
        nodes[to].ends[toKey] = LinkEnd(link: number, side: 1)
        guard let life = weather.connectionLife else { return }
        let lot = Double.random(in: 0.000_001...1, using: &random)
        schedule(.cut(number), after: life * -log(lot))
    }

    // MARK: - Ends

    /// An engine closed its end: the other end hears of it after what is under way has arrived.
    func closed(_ end: LinkEnd) {
        forget(end)
        let side = links[end.link].sides[end.side]
        guard !links[end.link].isCut else { return }
        schedule(.gone(end.other), at: max(now + links[end.link].latency, side.lastArrival))
    }

    /// An end learns that its connection is gone.
    func hangUp(_ end: LinkEnd, _ fault: PeerFault) {
        guard links[end.link].sides[end.side].isOpen else { return }
        forget(end)
        let side = links[end.link].sides[end.side]
        act(side.node) { engine, now, actions in engine.peerGone(side.key, fault, at: now, into: &actions) }
    }

    private func forget(_ end: LinkEnd) {
        links[end.link].sides[end.side].isOpen = false
        links[end.link].sides[end.side].outbox.removeAll()
        let side = links[end.link].sides[end.side]
        nodes[side.node].ends[side.key] = nil
    }

    /// The network breaks a connection; what is under way is lost.
    func cut(_ link: Int) {
        guard !links[link].isCut, links[link].sides.contains(where: \.isOpen) else { return }
        links[link].isCut = true
        if let share = weather.silentDeaths, Int.random(in: 1...share, using: &random) == 1 { return }
        for side in 0...1 { schedule(.gone(LinkEnd(link: link, side: side)), after: links[link].latency) }
    }

    /// A node goes without a farewell.
    func leave(_ node: Int) {
        guard nodes[node].isPresent else { return }
        gaveUp(node)
        nodes[node].isPresent = false
        for end in nodes[node].ends.values.sorted(by: { $0.link < $1.link }) { closed(end) }
    }
}
