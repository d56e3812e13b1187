package import BitTorrentTypes

/// How far an upload is, for whoever watches.
///
///     receiving → hashing → seeding → done          any of them → failed
///
/// - Units: bytes of the phase it is in.
package struct UploadProgress: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable {
        case receiving, hashing, seeding, done, failed

        package var isOver: Bool { self == .done || self == .failed }
    }

    /// What the uploader asked it to be called, or a name of chance.
    package let id: String
    /// Empty until the names are known.
    package var name = ""
    package var phase = Phase.receiving
    package var bytesDone = 0
    /// `nil` when the uploader did not say.
    package var bytesTotal: Int?
    /// Of the torrent that came of it.
    package var infoHash: InfoHash?
    /// Why it failed, as the uploader is told.
    package var problem: String?

    package init(id: String) { self.id = id }
}
