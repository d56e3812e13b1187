import BitTorrentTypes
package import TrackerWire

/// The peers of one answer, in memory that is used again for the next: an announce allocates nothing.
///
///     fours   6 bytes a peer (BEP 23)      sixes   18 bytes a peer (BEP 7)      ids   20 bytes a peer, when wanted
package final class PeerSelection {
    @exclusivity(unchecked) package private(set) var fourCount = 0
    @exclusivity(unchecked) package private(set) var sixCount = 0
    /// Whether an answer is to name the ids of its peers: only the dictionary form of BEP 3 has them.
    @exclusivity(unchecked) package var wantsIDs = false
    /// Whether only peers of the asker's own family are of use: UDP has no room for others.
    @exclusivity(unchecked) package var ownFamilyOnly = false

    package let fours: UnsafeMutableRawPointer
    package let sixes: UnsafeMutableRawPointer
    private let ids: UnsafeMutableRawPointer

    package init() {
        let count = AnnounceRequest.maximumPeers
        fours = .allocate(byteCount: count * 6, alignment: 8)
        sixes = .allocate(byteCount: count * 18, alignment: 8)
        ids = .allocate(byteCount: count * 20, alignment: 8)
    }

    deinit {
        fours.deallocate()
        sixes.deallocate()
        ids.deallocate()
    }

    package var fourBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: fours, count: fourCount * 6) }
    package var sixBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: sixes, count: sixCount * 18) }

    /// The same as values.
    package var peers: [TrackerPeer] {
        let four = (0..<fourCount).map { PeerAddress(loadingFrom: fours + $0 * 6, isIPv6: false) }
        let six = (0..<sixCount).map { PeerAddress(loadingFrom: sixes + $0 * 18, isIPv6: true) }
        let all = isFourFirst ? four + six : six + four
        return all.enumerated().map { number, address in
            TrackerPeer(address: address, peerID: wantsIDs ? PeerID(loadingFrom: ids + number * 20) : nil)
        }
    }

    /// The family that was chosen first; the ids lie in this order.
    private var isFourFirst = true

    func begin(isIPv6: Bool) {
        fourCount = 0
        sixCount = 0
        isFourFirst = !isIPv6
    }

    /// Adds at most `wanted` rows of `table`, each as likely as any other: the rows are cut into as many equal parts, and
    /// one is drawn from each.
    func add(
        _ wanted: Int,
        from table: borrowing PeerTable,
        leechersOnly: Bool,
        except asker: Int?,
        using generator: inout QuickGenerator
    ) {
        let first = leechersOnly ? table.seeders : 0
        let hidden = asker.map { $0 >= first ? $0 : Int.max } ?? Int.max
        let total = table.count - first - (hidden == .max ? 0 : 1)
        let count = min(wanted, total, AnnounceRequest.maximumPeers - fourCount - sixCount)
        guard count > 0 else { return }
        // Parts of equal length, as a number with 32 bits behind the point.
        let step = (UInt64(total) << 32) / UInt64(count)
        var part = count == total ? 0 : generator.below(count)
        for _ in 0..<count {
            let begin = Int((UInt64(part) &* step) >> 32)
            let end = part + 1 == count ? total : Int((UInt64(part + 1) &* step) >> 32)
            var row = first + begin
            if end - begin > 1 { row += generator.below(end - begin) }
            if row >= hidden { row += 1 }
            append(row, of: table)
            part = part + 1 == count ? 0 : part + 1
        }
    }

    private func append(_ row: Int, of table: borrowing PeerTable) {
        if wantsIDs { table.id(at: row).store(to: ids + (fourCount + sixCount) * 20) }
        let source = table.addressRow(row)
        if table.isIPv6 {
            (sixes + sixCount &* 18).copyMemory(from: source, byteCount: 18)
            sixCount &+= 1
        } else {
            (fours + fourCount &* 6).copyMemory(from: source, byteCount: 6)
            fourCount &+= 1
        }
    }
}
