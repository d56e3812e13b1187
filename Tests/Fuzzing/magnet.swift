import Metainfo

/// A link that is accepted says the same when it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard let link = try? MagnetLink.parse(String(decoding: bytes, as: UTF8.self)) else { return 0 }
    guard let again = try? MagnetLink.parse(link.text) else {
        fatalError("what was written cannot be read: \(link.text)")
    }
    precondition(again.infoHash == link.infoHash && again.infoHashV2 == link.infoHashV2, "another torrent")
    precondition(again.name == link.name, "another name")
    precondition(again.trackers == link.trackers && again.peers == link.peers, "other trackers or peers")
    return 0
}
