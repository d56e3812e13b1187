import BitTorrentTypes
import Metainfo

/// A .torrent file that is accepted holds together: every piece lies in its files, and parsed again it is the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard let metainfo = try? Metainfo.parse(bytes) else { return 0 }
    let layout = metainfo.layout
    precondition(metainfo.files.reduce(0) { $0 + $1.length } == layout.totalLength, "the files are the torrent")
    for piece in [0, layout.pieceCount / 2, layout.pieceCount - 1].compactMap({ layout.piece($0) }) {
        let start = layout.start(of: piece)
        let spans = metainfo.spans(of: start..<start + layout.length(of: piece))
        precondition(spans.reduce(0) { $0 + $1.length } == layout.length(of: piece), "the spans are the piece")
        _ = metainfo.hashes(of: piece)
        _ = metainfo.hashKind(of: piece)
    }
    for file in metainfo.files {
        precondition(!file.path.isEmpty || metainfo.isSingleFile, "a file has a path")
        for part in file.path + [metainfo.name] {
            precondition(part != Array("..".utf8) && part != Array(".".utf8), "no path leaves its folder")
            precondition(!part.contains(0) && !part.contains(UInt8(ascii: "/")), "a part of a path is one name")
        }
    }
    let more = metainfo.addingTrackers([["http://127.0.0.1/announce"]])
    guard let again = try? Metainfo.parse(more.bytes) else { fatalError("a tracker was added, and it cannot be read") }
    precondition(again.infoHash == metainfo.infoHash, "a tracker was added, and it is another torrent")
    if let link = try? MagnetLink.parse(MagnetLink(metainfo).text) {
        precondition(link.infoHash == metainfo.infoHash, "the link is to another torrent")
    }
    return 0
}
