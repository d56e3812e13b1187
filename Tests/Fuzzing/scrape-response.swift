import BitTorrentTypes
import TrackerWire

/// The numbers of a scrape are never negative, and are read as they were written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard let response = try? ScrapeResponse.parse(bytes) else { return 0 }
    for torrent in response.torrents.values {
        precondition(torrent.complete >= 0 && torrent.downloaded >= 0 && torrent.incomplete >= 0, "counts")
    }
    precondition((try? ScrapeResponse.parse(response.encoded())) == response, "what was written reads otherwise")
    return 0
}
