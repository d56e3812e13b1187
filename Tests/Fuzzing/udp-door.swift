import BitTorrentTypes
import TrackerWire

/// A datagram to a UDP tracker: what is taken for a question has the bytes that are read of it, and options are bounded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: size)
    switch UDPTrackerQuery(bytes) {
    case .connect(let transaction):
        precondition(
            Array(bytes.prefix(16)) == UDPTrackerRequest.connect(transaction: transaction),
            "a connect request"
        )
    case .announce:
        let fields = UDPAnnounceFields(bytes)
        precondition(min(fields.downloaded, fields.left, fields.uploaded) >= 0, "counters")
        precondition((0...AnnounceRequest.maximumPeers).contains(fields.peersWanted), "a bounded number of peers")
        let target = UDPAnnounceFields.target(bytes)
        precondition(target.count <= 512, "a bounded path")
        if let passkey = Passkey.of(path: target) { precondition(Passkey.isWellFormed(passkey), "a passkey") }
    case .scrape, nil: break
    }
    return 0
}
