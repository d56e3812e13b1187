import BitTorrentTypes
import DequeModule
import NIOCore
import PeerEngine
import PeerWire

/// Bytes on their way.
extension VirtualSwarm {
    private static let right = ByteBuffer(repeating: 0, count: PeerWireLimits.maximumRequestLength)
    private static let wrong = ByteBuffer(repeating: 1, count: PeerWireLimits.maximumRequestLength)

    /// Does what an engine wants; what one peer is told at once travels together.
    func perform(_ actions: [TorrentAction], of node: Int) {
        var letters: [(key: PeerKey, messages: [PeerMessage])] = []
        for action in actions {
            switch action {
            case .send(let message, let key):
                if let place = letters.lastIndex(where: { $0.key == key }) {
                    letters[place].messages.append(message)
                } else {
                    letters.append((key, [message]))
                }
            case .serve(let range, let key):
                guard let end = nodes[node].ends[key] else { continue }
                precondition(nodes[node].engine.verified.contains(range.piece), "only what is verified is served")
                if !nodes[node].turns.contains(end) { nodes[node].turns.append(end) }
                links[end.link].sides[end.side].outbox.append(range)
            case .cancelServe(let range, let key):
                guard let end = nodes[node].ends[key],
                    let place = links[end.link].sides[end.side].outbox.firstIndex(where: { $0.isRun(with: range) })
                else { continue }
                let (head, tail) = links[end.link].sides[end.side].outbox[place].remainders(without: range)
                links[end.link].sides[end.side].outbox.replaceSubrange(
                    place...place,
                    with: [head, tail].compactMap(\.self)
                )
                act(node) { engine, now, actions in engine.serveCancelled(range, to: key, at: now, into: &actions) }
            case .cancelAllServes(let key):
                if let end = nodes[node].ends[key] { links[end.link].sides[end.side].outbox.removeAll() }
            case .dropIncomingBlock(let key):
                if let end = nodes[node].ends[key] { links[end.link].sides[end.side].block = nil }
            case .verify(let piece):
                schedule(.checked(piece, by: node), after: .milliseconds(20))
            case .connect(let address):
                schedule(.dial(from: node, address), after: .milliseconds(weather.latency.upperBound))
            case .close(let key, _):
                guard let end = nodes[node].ends[key] else { continue }
                post(&letters, of: node)
                closed(end)
            case .banned(_, let id):
                nodes[node].banned.append(id)
            case .pieceRefused:
                nodes[node].refusedPieces += 1
            case .digestBlocks(let piece):
                digestBlocks(of: piece, at: node)
            case .pieceVerified(let piece):
                pieceVerified(piece)
            case .finished:
                break
            case .completed:
                completed(node)
            }
        }
        post(&letters, of: node)
        sendNext(of: node)
    }

    /// Digests what the node has of a piece; wrong bytes are wrong in ever new ways.
    private func digestBlocks(of piece: PieceIndex, at node: Int) {
        var digests: [UInt64] = []
        for number in 0..<layout.blockCount(of: piece) {
            let isWrong = nodes[node].wrong.contains(layout.block(number, of: piece))
            if isWrong { nodes[node].wrongDigests += 1 }
            digests.append(isWrong ? nodes[node].wrongDigests : 0)
        }
        act(node) { engine, now, actions in engine.blocksDigested(piece, digests, at: now, into: &actions) }
    }

    private func post(_ letters: inout [(key: PeerKey, messages: [PeerMessage])], of node: Int) {
        for letter in letters {
            guard let end = nodes[node].ends[letter.key] else { continue }
            let departure = max(now, links[end.link].sides[end.side].freeAt)
            let arrival = departure + links[end.link].latency
            guard usesWire else {
                post(.messages(letter.messages), from: end, at: arrival)
                continue
            }
            var bytes = ByteBuffer()
            for message in letter.messages { bytes.writePeerMessage(message) }
            post(bytes, from: end, at: arrival)
        }
        letters.removeAll()
    }

    /// Has `bytes` arrive at the other end, in one read or, by lot, in two.
    private func post(_ bytes: ByteBuffer, from end: LinkEnd, at arrival: EngineTime) {
        var rest = bytes
        if weather.cutReads > 0, bytes.readableBytes > 1, Int.random(in: 1...weather.cutReads, using: &random) == 1 {
            let length = Int.random(in: 1..<bytes.readableBytes, using: &random)
            if let part = rest.readSlice(length: length) { post(.bytes(part), from: end, at: arrival) }
        }
        post(.bytes(rest), from: end, at: arrival)
    }

    /// What is sent later never arrives earlier.
    private func post(_ parcel: Parcel, from end: LinkEnd, at arrival: EngineTime) {
        let arrival = max(arrival, links[end.link].sides[end.side].lastArrival)
        links[end.link].sides[end.side].lastArrival = arrival
        schedule(.read(parcel, end.other), at: arrival)
    }

    // MARK: - Blocks out

    /// Begins to send the next block, when the uplink is free: connections take turns.
    func sendNext(of node: Int) {
        guard nodes[node].uplinkFreeAt <= now, nodes[node].isPresent, nodes[node].member.conduct != .stalls else {
            return
        }
        var earliest: EngineTime?
        for _ in nodes[node].turns.indices {
            let end = nodes[node].turns.removeFirst()
            guard let range = links[end.link].sides[end.side].outbox.first else { continue }
            let freeAt = links[end.link].sides[end.side].freeAt
            guard freeAt <= now else {
                nodes[node].turns.append(end)
                earliest = min(earliest ?? freeAt, freeAt)
                continue
            }
            links[end.link].sides[end.side].outbox.removeFirst()
            if !links[end.link].sides[end.side].outbox.isEmpty { nodes[node].turns.append(end) }
            return send(range, of: node, through: end)
        }
        guard let earliest, nodes[node].wakesAt.map({ $0 <= now || $0 > earliest }) ?? true else { return }
        nodes[node].wakesAt = earliest
        schedule(.uplinkFree(node), at: earliest)
    }

    private func send(_ range: BlockRange, of node: Int, through end: LinkEnd) {
        let receiver = links[end.link].sides[end.other.side].node
        let latency = links[end.link].latency
        let up = Self.duration(range.length, at: nodes[node].member.uplink)
        nodes[node].uplinkFreeAt = now + up
        let through = max(up, Self.duration(range.length, at: links[end.link].bytesPerSecond))
        let down = Self.duration(range.length, at: nodes[receiver].member.downlink)
        let arrival = max(now + through + latency, nodes[receiver].downlinkFreeAt + down)
        nodes[receiver].downlinkFreeAt = arrival
        let isWrong = lies(of: node, to: receiver)
        if usesWire {
            var header = ByteBuffer()
            header.writeBlockHeader(BlockHeader(range))
            post(header, from: end, at: now + latency)
            let source = isWrong ? Self.wrong : Self.right
            if let payload = source.getSlice(at: 0, length: range.length) { post(payload, from: end, at: arrival) }
        } else {
            post(.block(BlockHeader(range)), from: end, at: now + latency)
            post(.payload(isWrong: isWrong), from: end, at: arrival)
        }
        links[end.link].sides[end.side].freeAt = now + through
        schedule(.taken(range, end), after: through)
        schedule(.uplinkFree(node), after: up)
    }

    private static func duration(_ length: Int, at bytesPerSecond: Int) -> Duration {
        .nanoseconds(length * 1_000_000_000 / bytesPerSecond)
    }

    private func lies(of node: Int, to receiver: Int) -> Bool {
        guard case .lies(let lies) = nodes[node].member.conduct else { return false }
        switch lies {
        case .always: return true
        case .oneOfTen: return Int.random(in: 1...10, using: &random) == 1
        case .lastPieces(let count): return layout.pieceCount - nodes[receiver].engine.verified.count <= count
        }
    }

    // MARK: - Bytes in

    /// Takes what one read brings, decoded if it is bytes.
    func receive(_ parcel: Parcel, at end: LinkEnd) {
        switch parcel {
        case .bytes(let bytes):
            decode(bytes, at: end)
        case .messages(let messages):
            for message in messages where isLive(end) { take(message, at: end) }
        case .block(let header):
            if isLive(end) { begin(header, at: end) }
        case .payload(let isWrong):
            if isLive(end) { take(isWrong: isWrong, isLast: true, at: end) }
        }
    }

    private func isLive(_ end: LinkEnd) -> Bool { links[end.link].sides[end.side].isOpen && !links[end.link].isCut }

    private func decode(_ bytes: ByteBuffer, at end: LinkEnd) {
        var rest = bytes
        do throws(PeerFault) {
            while isLive(end), let event = try links[end.link].sides[end.side].decoder.next(from: &rest) {
                switch event {
                case .message(let message): take(message, at: end)
                case .block(let header): begin(header, at: end)
                case .payload(let bytes, let isLast):
                    take(isWrong: bytes.readableBytesView.first != 0, isLast: isLast, at: end)
                }
            }
        } catch {
            brokenStreams.append(error)
            hangUp(end, error)
            schedule(.gone(end.other), after: links[end.link].latency)
        }
    }

    private func take(_ message: PeerMessage, at end: LinkEnd) {
        let (node, key) = (links[end.link].sides[end.side].node, links[end.link].sides[end.side].key)
        act(node) { engine, now, actions in engine.received(message, from: key, at: now, into: &actions) }
    }

    private func begin(_ header: BlockHeader, at end: LinkEnd) {
        let (node, key) = (links[end.link].sides[end.side].node, links[end.link].sides[end.side].key)
        var block: BlockRange?
        act(node) { engine, now, actions in
            block = engine.blockStarts(header, from: key, at: now, into: &actions)
        }
        links[end.link].sides[end.side].block = block
        links[end.link].sides[end.side].isBlockWrong = false
    }

    private func take(isWrong: Bool, isLast: Bool, at end: LinkEnd) {
        let (node, key) = (links[end.link].sides[end.side].node, links[end.link].sides[end.side].key)
        if isWrong { links[end.link].sides[end.side].isBlockWrong = true }
        guard isLast, let block = links[end.link].sides[end.side].block else { return }
        links[end.link].sides[end.side].block = nil
        let blocks = layout.blockNumbers(of: block).map { layout.block($0, of: block.piece) }
        if links[end.link].sides[end.side].isBlockWrong {
            nodes[node].wrong.formUnion(blocks)
        } else {
            nodes[node].wrong.subtract(blocks)
        }
        act(node) { engine, now, actions in engine.blockReceived(block, from: key, at: now, into: &actions) }
    }
}
