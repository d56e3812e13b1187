import BitTorrentTypes
import TrackerWire

/// The answer of a tracker: few peers, all of them addresses, and times that can be waited.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard let response = try? AnnounceResponse.parse(bytes) else { return 0 }
    precondition(response.peers.count <= AnnounceResponse.maximumPeers, "a bounded number of peers")
    precondition(AnnounceResponse.intervals.contains(response.interval), "a time to wait")
    precondition(response.peers.allSatisfy { $0.address.port != 0 }, "a port to dial")
    for isCompact in [true, false] {
        guard let again = try? AnnounceResponse.parse(response.encoded(compact: isCompact)) else {
            fatalError("what was written cannot be read")
        }
        precondition(Set(again.peers.map(\.address)) == Set(response.peers.map(\.address)), "other peers")
    }
    return 0
}
