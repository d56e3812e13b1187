import BitTorrentTypes

/// The peers of one swarm in one address family, in one block of memory.
///
///     block    addresses: capacity × 6 or 18 │ details: capacity × 48 │ places by address │ places by id
///     rows     seeders │ leechers │ free          a row that leaves is filled from the end of its group
///     places   two open hash tables of row numbers plus one, two bytes each; 0 is free
///
/// Addresses lie side by side because an answer is nothing else: a hundred peers are ten cache lines.
///
/// - Units: 60 bytes for each row of the capacity, which grows by an eighth of the rows at a time.
struct PeerTable: ~Copyable {
    static let largestCount = 65_000

    let isIPv6: Bool
    private(set) var count = 0
    private(set) var seeders = 0
    private var capacity = 0
    private var block: UnsafeMutableRawPointer?

    init(isIPv6: Bool) { self.isIPv6 = isIPv6 }

    deinit { block?.deallocate() }

    var width: Int { isIPv6 ? 18 : 6 }
    var leechers: Int { count - seeders }

    // MARK: - Rows

    func address(at row: Int) -> PeerAddress { PeerAddress(loadingFrom: addressRow(row), isIPv6: isIPv6) }
    func details(at row: Int) -> PeerDetails { PeerDetails(loadingFrom: detailsRow(row)) }
    func id(at row: Int) -> PeerID { PeerID(loadingFrom: detailsRow(row)) }
    func lastSeen(at row: Int) -> UInt32 { PeerDetails.lastSeen(detailsRow(row)) }

    func addressRow(_ row: Int) -> UnsafeMutableRawPointer { memory + row &* width }
    func detailsRow(_ row: Int) -> UnsafeMutableRawPointer {
        memory + capacity &* width + row &* PeerDetails.byteCount
    }

    private var memory: UnsafeMutableRawPointer {
        guard let block else { preconditionFailure("a table without rows has no block") }
        return block
    }

    // MARK: - Finding

    func row(of id: PeerID, _ hash: KeyedHash) -> Int? {
        guard count > 0 else { return nil }
        var place = home(hash.hash(id))
        while case let number = idPlaces[place], number != 0 {
            let row = Int(number) - 1
            if self.id(at: row) == id { return row }
            place = after(place)
        }
        return nil
    }

    func row(of address: PeerAddress, _ hash: KeyedHash) -> Int? {
        guard count > 0 else { return nil }
        var place = home(hash.hash(address))
        while case let number = addressPlaces[place], number != 0 {
            let row = Int(number) - 1
            if self.address(at: row) == address { return row }
            place = after(place)
        }
        return nil
    }

    // MARK: - Joining and leaving

    /// Takes a peer in; neither its address nor its id may be there, and there must be fewer than ``largestCount``.
    ///
    /// Returns its row.
    @discardableResult
    mutating func insert(_ address: PeerAddress, _ details: PeerDetails, _ hash: KeyedHash) -> Int {
        precondition(count < Self.largestCount, "a table has a bound")
        if count == capacity { resize(to: min(max(4, Self.roomy(count)), Self.largestCount), hash) }
        let row = details.left == 0 ? seeders : count
        if row < count { move(row, to: count, hash) }
        address.store(to: addressRow(row))
        details.store(to: detailsRow(row))
        count += 1
        if details.left == 0 { seeders += 1 }
        enter(row, hash)
        return row
    }

    mutating func remove(_ row: Int, _ hash: KeyedHash) {
        leave(row, hash)
        var hole = row
        if row < seeders {
            seeders -= 1
            if hole != seeders { move(seeders, to: hole, hash) }
            hole = seeders
        }
        count -= 1
        if hole != count { move(count, to: hole, hash) }
        if count == 0 {
            release()
        } else if capacity > 16, count < capacity / 3 {
            resize(to: Self.roomy(count), hash)
        }
    }

    /// Writes what a peer that stays where it is has said now.
    mutating func update(_ row: Int, _ details: PeerDetails, _ hash: KeyedHash) {
        details.store(to: detailsRow(row))
        let isSeeder = details.left == 0
        if isSeeder == (row < seeders) { return }
        if isSeeder {
            swap(row, seeders, hash)
            seeders += 1
        } else {
            seeders -= 1
            swap(row, seeders, hash)
        }
    }

    /// Makes place for `rows` in all, so that they come in without growing step by step.
    mutating func reserve(_ rows: Int, _ hash: KeyedHash) {
        let rows = min(rows, Self.largestCount)
        if rows > capacity { resize(to: rows, hash) }
    }

    private static func roomy(_ count: Int) -> Int { count + count / 8 + 1 }

    private mutating func release() {
        block?.deallocate()
        block = nil
        capacity = 0
    }

    private mutating func resize(to newCapacity: Int, _ hash: KeyedHash) {
        let places = Self.placeCount(newCapacity)
        let size = newCapacity * (width + PeerDetails.byteCount)
        let new = UnsafeMutableRawPointer.allocate(byteCount: size + 4 * places, alignment: 8)
        if block != nil {
            new.copyMemory(from: addressRow(0), byteCount: count * width)
            let details = new + newCapacity * width
            details.copyMemory(from: detailsRow(0), byteCount: count * PeerDetails.byteCount)
            block?.deallocate()
        }
        (new + size).initializeMemory(as: UInt8.self, repeating: 0, count: 4 * places)
        block = new
        capacity = newCapacity
        for row in 0..<count { enter(row, hash) }
    }

    /// Copies a row to a free one.
    private mutating func move(_ from: Int, to row: Int, _ hash: KeyedHash) {
        replace(from, by: row, hash)
        addressRow(row).copyMemory(from: addressRow(from), byteCount: width)
        detailsRow(row).copyMemory(from: detailsRow(from), byteCount: PeerDetails.byteCount)
    }

    private mutating func swap(_ left: Int, _ right: Int, _ hash: KeyedHash) {
        guard left != right else { return }
        let address = address(at: left)
        let details = details(at: left)
        leave(left, hash)
        move(right, to: left, hash)
        address.store(to: addressRow(right))
        details.store(to: detailsRow(right))
        enter(right, hash)
    }

    // MARK: - Places

    /// A third of the places is free at least, so that a search ends soon.
    private static func placeCount(_ capacity: Int) -> Int { capacity + capacity / 2 + 1 }

    private var addressPlaces: UnsafeMutablePointer<UInt16> {
        (memory + capacity &* (width &+ PeerDetails.byteCount)).assumingMemoryBound(to: UInt16.self)
    }

    private var idPlaces: UnsafeMutablePointer<UInt16> { addressPlaces + Self.placeCount(capacity) }

    private func home(_ hash: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(hash) &* UInt64(truncatingIfNeeded: Self.placeCount(capacity))) >> 32)
    }

    private func after(_ place: Int) -> Int { place &+ 1 == Self.placeCount(capacity) ? 0 : place &+ 1 }

    private func enter(_ row: Int, _ hash: KeyedHash) {
        let number = UInt16(truncatingIfNeeded: row + 1)
        enter(number, in: addressPlaces, at: home(hash.hash(address(at: row))))
        enter(number, in: idPlaces, at: home(hash.hash(id(at: row))))
    }

    private func enter(_ number: UInt16, in places: UnsafeMutablePointer<UInt16>, at home: Int) {
        var place = home
        while places[place] != 0 { place = after(place) }
        places[place] = number
    }

    /// Both places of a row that is still written name another row.
    private func replace(_ row: Int, by new: Int, _ hash: KeyedHash) {
        let number = UInt16(truncatingIfNeeded: new + 1)
        addressPlaces[place(of: row, in: addressPlaces, from: home(hash.hash(address(at: row))))] = number
        idPlaces[place(of: row, in: idPlaces, from: home(hash.hash(id(at: row))))] = number
    }

    private func place(of row: Int, in places: UnsafeMutablePointer<UInt16>, from home: Int) -> Int {
        let number = UInt16(truncatingIfNeeded: row + 1)
        var place = home
        while places[place] != number { place = after(place) }
        return place
    }

    private func leave(_ row: Int, _ hash: KeyedHash) {
        let byAddress = place(of: row, in: addressPlaces, from: home(hash.hash(address(at: row))))
        free(byAddress, in: addressPlaces) { home(hash.hash(address(at: $0))) }
        let byID = place(of: row, in: idPlaces, from: home(hash.hash(id(at: row))))
        free(byID, in: idPlaces) { home(hash.hash(id(at: $0))) }
    }

    /// Frees a place; those behind it that would no longer be found move up (Knuth's algorithm R).
    private func free(_ place: Int, in places: UnsafeMutablePointer<UInt16>, homeOf: (Int) -> Int) {
        let total = Self.placeCount(capacity)
        var hole = place
        var next = after(place)
        while places[next] != 0 {
            let home = homeOf(Int(places[next]) - 1)
            let distance = next >= home ? next - home : next - home + total
            let gap = next >= hole ? next - hole : next - hole + total
            if distance >= gap {
                places[hole] = places[next]
                hole = next
            }
            next = after(next)
        }
        places[hole] = 0
    }
}
