import BitTorrentTypes
import BusServices
import Metainfo
import ServiceShapes

extension Metainfo {
    /// What `add`, `download` and `seed` answer: the torrent, and where it went.
    func json(on torrent: TorrentSummary, alreadyPresent: Bool) -> JSONValue {
        json.adding([
            "id": .text(infoHash.hex),
            "state": .text(torrent.state.rawValue),
            "progress": .number(torrent.progress),
            "node": .text(torrent.node),
            "already_present": .boolean(alreadyPresent),
        ]).adding(.name("path", torrent.path))
    }
}
