package import BitTorrentTypes

/// One torrent of the catalogue, without its .torrent file.
///
/// - Units: sizes in bytes, times in Unix seconds.
package struct CatalogueTorrent: Hashable, Sendable {
    package var infoHash: InfoHash
    /// Of a hybrid.
    package var infoHashV2: InfoHashV2?
    /// For people: the metainfo's name, made valid UTF-8 (the .torrent file has the bytes).
    package var name: String
    package var size: Int
    package var pieceLength: Int
    package var pieces: Int
    package var files: Int
    package var isPrivate: Bool
    package var createdAt: Int
    /// When what people say of it changed last.
    package var updatedAt: Int
    /// Who uploaded it, when somebody was logged in.
    package var uploader: String?
    /// What people say of it.
    package var labels = TorrentLabels()
    /// How many peers said that they completed it.
    package var completed = 0
    /// The folder that holds the payload, when it came by upload.
    package var path: String?

    package init(
        infoHash: InfoHash,
        name: String,
        size: Int,
        pieceLength: Int,
        pieces: Int,
        files: Int,
        isPrivate: Bool,
        createdAt: Int,
        path: String? = nil
    ) {
        self.infoHash = infoHash
        self.name = name
        self.size = size
        self.pieceLength = pieceLength
        self.pieces = pieces
        self.files = files
        self.isPrivate = isPrivate
        self.createdAt = createdAt
        self.updatedAt = createdAt
        self.path = path
    }
}
