import BitTorrentTypes
import TrackerWire

/// Bytes of a connection to the tracker: a head is taken only whole, and never depends on what follows; the quick reader
/// of a query finds what the careful one finds, or leaves it to that.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: size)
    compare(bytes)
    guard case .request(let head) = TrackerRequestHead.read(bytes) else { return 0 }
    precondition(head.length <= TrackerRequestHead.longest && head.length <= size, "a bounded head")
    precondition(
        head.query.upperBound <= head.length && head.forwardedFor.upperBound <= head.length,
        "its parts are in it"
    )
    precondition(head.passkey.isEmpty || Passkey.isWellFormed(bytes[head.passkey]), "a passkey")
    let alone = UnsafeRawBufferPointer(rebasing: bytes[..<head.length])
    precondition(TrackerRequestHead.read(alone) == .request(head), "another head without what follows")
    let cut = UnsafeRawBufferPointer(rebasing: bytes[..<(head.length - 1)])
    precondition(TrackerRequestHead.read(cut) == .incomplete, "a head that is cut is waited for")
    compare(UnsafeRawBufferPointer(rebasing: bytes[head.query]))
    return 0
}

private func compare(_ query: UnsafeRawBufferPointer) {
    guard let fields = AnnounceFields(query: query) else { return }
    guard let request = try? AnnounceRequest.parse(query: Array(query)) else {
        fatalError("the careful reader refuses it")
    }
    precondition(fields.infoHash == request.infoHash && fields.peerID == request.peerID, "identities")
    precondition(fields.port == request.port && fields.peersWanted == request.peersWanted, "numbers")
    precondition(fields.uploaded == request.uploaded && fields.downloaded == request.downloaded, "counters")
    precondition(fields.left == request.left && fields.event == request.event, "states")
    precondition(fields.compact == request.compact && Array(query[fields.key]) == request.key ?? [], "options")
}
