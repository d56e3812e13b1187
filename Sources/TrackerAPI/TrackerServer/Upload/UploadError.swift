import BusTransport
import Metainfo
import TrackerStore

/// Why an upload was refused or did not come through; nothing of it is left on the disk or in the catalogue.
enum UploadError: Error {
    case multipart(MultipartError)
    case noFile
    case unnamedFile
    case empty
    case tooLarge(limit: Int)
    case tooManyParts(limit: Int)
    /// The names of all files make a .torrent file that no message can carry.
    case tooManyNames(limit: Int)
    case noSpace(path: String)
    /// All uploads together may take so many bytes.
    case overQuota(limit: Int)
    case disk(path: String, reason: String)
    /// The name of a file, or all the names together, can be no torrent.
    case refused(MetainfoError)
    /// What was uploaded as a .torrent file is none, or none that is shared here.
    case noTorrent(MetainfoError)
    /// A .torrent file among files to share.
    case torrentAmongFiles
    case labels(TorrentLabelsError)
    case notShareable(path: String)
    case missing(path: String)
    case unreadable(String)
    case hashing(BusFault)
    /// Somebody cancelled its hashing, as `p2pctl jobs cancel` does.
    case cancelled
    case seeding(BusFault)
    case store(TrackerStoreError)
    /// The connection broke while the body came.
    case interrupted
}
