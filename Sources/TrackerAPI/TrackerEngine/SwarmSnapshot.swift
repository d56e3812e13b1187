package import BitTorrentTypes

/// All swarms of an engine as bytes, and back.
///
///     magic 8 │ swarm, swarm, … │ checksum 8
///     swarm   info-hash 20 │ completed 8 │ last announce 4 │ IPv4 peers 4 │ IPv6 peers 4 │ rows
///     rows    addresses 6 each, details 48 each, then the same for IPv6 with 18
///
/// - Units: numbers in the order of this machine: a snapshot is read where it was written.
enum SwarmSnapshot {
    static let magic: UInt64 = 0x7032_702D_7377_0001
    static let headLength = 40

    static func size(of swarm: Swarm) -> Int {
        headLength + swarm.four.count * (6 + PeerDetails.byteCount) + swarm.six.count * (18 + PeerDetails.byteCount)
    }

    /// Over words of eight bytes; tells torn and damaged files, not forged ones.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum: UInt64 = 0x9E37_79B9_7F4A_7C15
        func take(_ word: UInt64) {
            let product = (sum ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
            sum = (product.high ^ product.low) &+ word
        }
        var offset = 0
        while bytes.count - offset >= 8 {
            take(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = UInt64(bytes.count) << 32
        for byte in bytes[offset...] { tail = tail << 8 ^ UInt64(byte) }
        take(tail)
        return sum
    }

    static func write(_ swarm: Swarm, to start: UnsafeMutableRawPointer) {
        swarm.infoHash.store(to: start)
        start.storeBytes(of: UInt64(clamping: swarm.completed), toByteOffset: 20, as: UInt64.self)
        start.storeBytes(of: swarm.lastAnnounce, toByteOffset: 28, as: UInt32.self)
        start.storeBytes(of: UInt32(swarm.four.count), toByteOffset: 32, as: UInt32.self)
        start.storeBytes(of: UInt32(swarm.six.count), toByteOffset: 36, as: UInt32.self)
        var place = start + headLength
        func rows(_ table: borrowing PeerTable) {
            guard table.count > 0 else { return }
            place.copyMemory(from: table.addressRow(0), byteCount: table.count * table.width)
            place += table.count * table.width
            place.copyMemory(from: table.detailsRow(0), byteCount: table.count * PeerDetails.byteCount)
            place += table.count * PeerDetails.byteCount
        }
        rows(swarm.four)
        rows(swarm.six)
    }

    /// One swarm of a snapshot, still as bytes.
    struct Entry {
        let infoHash: InfoHash
        let completed: Int
        let lastAnnounce: UInt32
        let fourCount: Int
        let sixCount: Int
        let rows: UnsafeRawPointer

        /// Takes the next one off `rest`; `nil` when what is left is too short for it.
        init?(_ rest: inout UnsafeRawBufferPointer) {
            guard rest.count >= headLength, let start = rest.baseAddress else { return nil }
            infoHash = InfoHash(loadingFrom: start)
            completed = Int(clamping: start.loadUnaligned(fromByteOffset: 20, as: UInt64.self))
            lastAnnounce = start.loadUnaligned(fromByteOffset: 28, as: UInt32.self)
            fourCount = Int(start.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
            sixCount = Int(start.loadUnaligned(fromByteOffset: 36, as: UInt32.self))
            let length = headLength + fourCount * (6 + PeerDetails.byteCount) + sixCount * (18 + PeerDetails.byteCount)
            guard fourCount <= PeerTable.largestCount, sixCount <= PeerTable.largestCount, length <= rest.count else {
                return nil
            }
            rows = start + headLength
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        }

        /// Calls `body` with each peer.
        func forEach(isIPv6: Bool, _ body: (PeerAddress, PeerDetails) -> Void) {
            let width = isIPv6 ? 18 : 6
            let count = isIPv6 ? sixCount : fourCount
            let addresses = isIPv6 ? rows + fourCount * (6 + PeerDetails.byteCount) : rows
            let details = addresses + count * width
            for row in 0..<count {
                body(
                    PeerAddress(loadingFrom: addresses + row * width, isIPv6: isIPv6),
                    PeerDetails(loadingFrom: details + row * PeerDetails.byteCount)
                )
            }
        }
    }
}

extension TrackerEngine {
    /// All swarms as bytes, as ``SwarmSnapshot`` draws them.
    ///
    /// Copying a million peers takes some hundredths of a second.
    package func snapshot() -> [UInt8] {
        let size = table.all.reduce(16) { $0 + SwarmSnapshot.size(of: $1) }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            guard let start = bytes.baseAddress else { return }
            start.storeBytes(of: SwarmSnapshot.magic, as: UInt64.self)
            var offset = 8
            for swarm in table.all {
                SwarmSnapshot.write(swarm, to: start + offset)
                offset += SwarmSnapshot.size(of: swarm)
            }
            start.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
            count = size
        }
    }

    /// Writes the checksum at the end of a snapshot: apart, because it needs no lock.
    package static func seal(_ snapshot: inout [UInt8]) {
        snapshot.withUnsafeMutableBytes { bytes in
            let body = bytes.count - 8
            let sum = SwarmSnapshot.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<body]))
            bytes.storeBytes(of: sum, toByteOffset: body, as: UInt64.self)
        }
    }

    /// Takes peers back from a sealed snapshot, unless they are too old or there is newer word of them.
    ///
    /// Returns whether the bytes were a whole snapshot; nothing is taken from others. `isAllowed` says whether a torrent is
    /// tracked even when nobody listed it.
    package func restore(
        _ snapshot: UnsafeRawBufferPointer,
        at now: Duration,
        isAllowed: (InfoHash) -> Bool = { _ in false }
    ) -> Bool {
        guard snapshot.count >= 16, snapshot.loadUnaligned(as: UInt64.self) == SwarmSnapshot.magic,
            snapshot.loadUnaligned(fromByteOffset: snapshot.count - 8, as: UInt64.self)
                == SwarmSnapshot.checksum(UnsafeRawBufferPointer(rebasing: snapshot[..<(snapshot.count - 8)]))
        else { return false }
        var rest = UnsafeRawBufferPointer(rebasing: snapshot[8..<(snapshot.count - 8)])
        while let entry = SwarmSnapshot.Entry(&rest) {
            let isListed = table[entry.infoHash]?.isListed ?? false
            if mode == .open || isListed || isAllowed(entry.infoHash) { restore(entry, at: now) }
        }
        return true
    }

    private func restore(_ entry: SwarmSnapshot.Entry, at now: Duration) {
        let oldest = Self.second(of: now - peerLifetime)
        let known = table[entry.infoHash]
        if known == nil { makeRoom() }
        let swarm = known ?? table.add(entry.infoHash, at: entry.lastAnnounce)
        let before = (peers: swarm.count, seeders: swarm.seeders, completed: swarm.completed)
        swarm.completed = max(swarm.completed, entry.completed)
        restore(entry, to: &swarm.four, since: oldest, room: limits.peers - peerCount)
        restore(entry, to: &swarm.six, since: oldest, room: limits.peers - peerCount - swarm.four.count)
        count(swarm, since: before)
        if swarm.count == 0, !swarm.isListed { remove(swarm) }
    }

    private func restore(_ entry: SwarmSnapshot.Entry, to table: inout PeerTable, since oldest: UInt32, room: Int) {
        let most = min(limits.peersPerTorrent, PeerTable.largestCount, table.count + max(0, room))
        table.reserve(min(most, table.isIPv6 ? entry.sixCount : entry.fourCount), hash)
        let hash = hash
        withUnsafeMutablePointer(to: &table) { table in
            entry.forEach(isIPv6: table.pointee.isIPv6) { address, details in
                guard details.lastSeen >= oldest, table.pointee.count < most, address.port != 0,
                    table.pointee.row(of: details.id, hash) == nil, table.pointee.row(of: address, hash) == nil
                else { return }
                table.pointee.insert(address, details, hash)
            }
        }
    }
}
