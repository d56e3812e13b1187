import BitTorrentTypes
import TrackerWire

/// What follows the question mark of an announce or a scrape, on the side of the tracker.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    if let scrape = try? ScrapeRequest.parse(query: bytes) {
        precondition((try? ScrapeRequest.parse(query: Array(scrape.query().utf8))) == scrape, "another scrape")
    }
    guard let request = try? AnnounceRequest.parse(query: bytes) else { return 0 }
    precondition(request.port != 0 && request.peersWanted <= AnnounceRequest.maximumPeers, "within bounds")
    guard let again = try? AnnounceRequest.parse(query: Array(request.query().utf8)) else {
        fatalError("what was written cannot be read: \(request.query())")
    }
    precondition(again == request, "what was written reads otherwise")
    return 0
}
