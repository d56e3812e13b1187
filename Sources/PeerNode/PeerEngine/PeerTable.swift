/// The connections of a torrent: close together for going through all, and found by key in one step.
///
///     slots   │ 0: gen 3 → 1 │ 1: gen 1 → 0 │ 2: gen 7, free │      a key is a slot and its generation
///     dense   │ 0: peer      │ 1: peer      │
///
/// A removal moves the last peer into the gap: go through the table backwards when removing.
struct PeerTable: Sendable {
    private struct Slot {
        var generation: UInt32 = 0
        var place: Int32?
    }

    private var dense: [Peer] = []
    private var slots: [Slot] = []
    private var free: [Int32] = []

    var count: Int { dense.count }
    var indices: Range<Int> { dense.indices }
    var all: [Peer] { dense }

    subscript(place: Int) -> Peer {
        // A peer is large: reading one of its fields must not copy it.
        _read { yield dense[place] }
        _modify { yield &dense[place] }
    }

    func place(of key: PeerKey) -> Int? {
        guard slots.indices.contains(Int(key.slot)) else { return nil }
        let slot = slots[Int(key.slot)]
        return slot.generation == key.generation ? slot.place.map { Int($0) } : nil
    }

    /// Adds the peer that `make` builds for its new key.
    mutating func insert(_ make: (PeerKey) -> Peer) -> PeerKey {
        let number = free.popLast() ?? Int32(truncatingIfNeeded: slots.count)
        if Int(number) == slots.count { slots.append(Slot()) }
        slots[Int(number)].generation &+= 1
        slots[Int(number)].place = Int32(truncatingIfNeeded: dense.count)
        let key = PeerKey(slot: number, generation: slots[Int(number)].generation)
        dense.append(make(key))
        return key
    }

    mutating func remove(at place: Int) -> Peer {
        let peer = dense[place]
        slots[Int(peer.key.slot)].place = nil
        free.append(peer.key.slot)
        let last = dense.removeLast()
        if place < dense.count {
            dense[place] = last
            slots[Int(last.key.slot)].place = Int32(truncatingIfNeeded: place)
        }
        return peer
    }
}
