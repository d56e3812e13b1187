import BitTorrentTypes
import BusTransport
import FoundationEssentials

/// The checks that turn fields of a message into values we trust.
enum Field {
    static func size(_ value: UInt64, _ name: StaticString) throws(BusFault) -> Int {
        guard let size = Int(exactly: value) else { throw BusFault(.invalid, "\(name) is too large: \(value)") }
        return size
    }

    /// Bytes a second; 0 is unlimited.
    static func limit(_ value: UInt64, _ name: StaticString) throws(BusFault) -> RateLimit {
        RateLimit(bytesPerSecond: try size(value, name))
    }

    static func number(_ value: UInt64) -> UInt32 { UInt32(clamping: value) }

    static func processID(_ value: UInt32) throws(BusFault) -> Int32 {
        guard let pid = Int32(exactly: value) else { throw BusFault(.invalid, "no process has the number \(value)") }
        return pid
    }

    /// Rates and seconds: finite and not negative.
    static func amount(_ value: Double, _ name: StaticString) throws(BusFault) -> Double {
        guard value.isFinite, value >= 0 else { throw BusFault(.invalid, "\(name) is no amount: \(value)") }
        return value
    }

    /// A part of a whole, 0…1.
    static func fraction(_ value: Double, _ name: StaticString) throws(BusFault) -> Double {
        guard value >= 0, value <= 1 else { throw BusFault(.invalid, "\(name) is not between 0 and 1: \(value)") }
        return value
    }

    static func infoHash(_ data: Data) throws(BusFault) -> InfoHash {
        guard let infoHash = InfoHash(data) else {
            throw BusFault(.invalid, "an info-hash has \(InfoHash.byteCount) bytes, not \(data.count)")
        }
        return infoHash
    }

    static func processName(_ text: String) throws(BusFault) -> ProcessName {
        guard let name = ProcessName(text) else {
            throw BusFault(.invalid, "no process is called \"\(text.prefix(64))\"")
        }
        return name
    }

    static func peer(_ text: String) throws(BusFault) -> PeerAddress {
        guard let address = PeerAddress(text) else {
            throw BusFault(.invalid, "\"\(text.prefix(64))\" is no peer's address")
        }
        return address
    }

    /// An absolute path, as bytes without NUL.
    static func absolutePath(_ data: Data) throws(BusFault) -> [UInt8] {
        let path = [UInt8](data)
        guard path.first == UInt8(ascii: "/"), !path.contains(0), path.count <= 4096 else {
            throw BusFault(.invalid, "a path must be absolute, without NUL and at most 4096 bytes long")
        }
        return path
    }

    /// A .torrent file: there must be one.
    static func metainfo(_ data: Data) throws(BusFault) -> [UInt8] {
        guard !data.isEmpty else { throw BusFault(.invalid, "the .torrent file is missing from the request") }
        return [UInt8](data)
    }
}
