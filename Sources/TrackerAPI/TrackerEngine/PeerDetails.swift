import BitTorrentTypes

/// What a tracker keeps of a peer besides its address.
///
///     bytes   0 peer id 20 │ key 4 │ last seen 4 │ uploaded 6 │ downloaded 6 │ left 6 │ flags 1 │ spare 1 = 48
///
/// - Units: `lastSeen` in seconds of the caller's clock; counters in bytes, at most 256 TiB.
struct PeerDetails: Hashable {
    static let byteCount = 48
    static let largestCounter = 1 << 48 - 1

    var id: PeerID
    /// What proves the client when it comes from another address; 0 when it gave none.
    var key: UInt32
    var lastSeen: UInt32
    var uploaded: Int
    var downloaded: Int
    var left: Int
    var hasCompleted: Bool

    init(
        id: PeerID,
        key: UInt32,
        lastSeen: UInt32,
        uploaded: Int,
        downloaded: Int,
        left: Int,
        hasCompleted: Bool
    ) {
        self.id = id
        self.key = key
        self.lastSeen = lastSeen
        self.uploaded = Self.held(uploaded)
        self.downloaded = Self.held(downloaded)
        self.left = Self.held(left)
        self.hasCompleted = hasCompleted
    }

    init(loadingFrom row: UnsafeRawPointer) {
        id = PeerID(loadingFrom: row)
        key = row.loadUnaligned(fromByteOffset: 20, as: UInt32.self)
        lastSeen = row.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        uploaded = Self.counter(row, 28)
        downloaded = Self.counter(row, 34)
        left = Self.counter(row, 40)
        hasCompleted = row.load(fromByteOffset: 46, as: UInt8.self) & 1 != 0
    }

    func store(to row: UnsafeMutableRawPointer) {
        id.store(to: row)
        row.storeBytes(of: key, toByteOffset: 20, as: UInt32.self)
        row.storeBytes(of: lastSeen, toByteOffset: 24, as: UInt32.self)
        Self.store(uploaded, to: row, 28)
        Self.store(downloaded, to: row, 34)
        Self.store(left, to: row, 40)
        row.storeBytes(of: hasCompleted ? 1 : 0, toByteOffset: 46, as: UInt8.self)
        row.storeBytes(of: 0, toByteOffset: 47, as: UInt8.self)
    }

    static func lastSeen(_ row: UnsafeRawPointer) -> UInt32 {
        row.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
    }

    static func held(_ counter: Int) -> Int { min(max(counter, 0), largestCounter) }

    private static func counter(_ row: UnsafeRawPointer, _ offset: Int) -> Int {
        Int(row.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            | Int(row.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)) << 32
    }

    private static func store(_ counter: Int, to row: UnsafeMutableRawPointer, _ offset: Int) {
        row.storeBytes(of: UInt32(truncatingIfNeeded: counter), toByteOffset: offset, as: UInt32.self)
        row.storeBytes(of: UInt16(truncatingIfNeeded: counter >> 32), toByteOffset: offset + 4, as: UInt16.self)
    }
}

extension PeerAddress {
    /// Reads the 6 or 18 bytes of a compact row (BEP 23, BEP 7).
    init(loadingFrom row: UnsafeRawPointer, isIPv6: Bool) {
        if isIPv6 {
            let high = UInt64(bigEndian: row.loadUnaligned(as: UInt64.self))
            let low = UInt64(bigEndian: row.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let port = UInt16(bigEndian: row.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
            self.init(ip: .v6(high: high, low: low), port: port)
        } else {
            let word = UInt32(bigEndian: row.loadUnaligned(as: UInt32.self))
            self.init(ip: .v4(word), port: UInt16(bigEndian: row.loadUnaligned(fromByteOffset: 4, as: UInt16.self)))
        }
    }

    /// Writes those bytes.
    func store(to row: UnsafeMutableRawPointer) {
        switch ip {
        case .v4(let word):
            row.storeBytes(of: word.bigEndian, as: UInt32.self)
            row.storeBytes(of: port.bigEndian, toByteOffset: 4, as: UInt16.self)
        case .v6(let high, let low):
            row.storeBytes(of: high.bigEndian, as: UInt64.self)
            row.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            row.storeBytes(of: port.bigEndian, toByteOffset: 16, as: UInt16.self)
        }
    }
}
