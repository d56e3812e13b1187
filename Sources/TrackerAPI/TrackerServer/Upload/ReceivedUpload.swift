import Metainfo

/// Files on the disk, checked by name, not yet hashed.
struct ReceivedUpload: Sendable {
    /// Whose files they are.
    enum Source: Sendable {
        /// Ours: they go when the upload comes to nothing.
        case folder(UploadFolder, UploadAllowance)
        /// Somebody else's, in this folder: nothing of ours touches them.
        case server(DiskPath)
    }

    let source: Source
    let name: [UInt8]
    /// Under the torrent's folder, in the order of the upload; lengths in bytes.
    let files: [(path: [[UInt8]], length: Int)]
    let isSingleFile: Bool
    let meter: UploadMeter
    /// No two have the same.
    let id = "upload-" + UploadFolder.randomName()

    init(source: Source, arrangement: UploadNames.Arrangement, lengths: [Int], meter: UploadMeter) {
        self.source = source
        name = arrangement.name
        files = zip(arrangement.paths, lengths).map { (path: $0, length: $1) }
        isSingleFile = arrangement.isSingleFile
        self.meter = meter
    }

    /// Where the torrent's file or folder lies.
    var directory: DiskPath {
        switch source {
        case .folder(let folder, _): folder.path
        case .server(let directory): directory
        }
    }

    /// Where `file` lies.
    func location(of file: Int) -> DiskPath {
        let root = directory.appending(name)
        return isSingleFile ? root : files[file].path.reduce(root) { $0.appending($1) }
    }

    /// Gives the parts of a folder of ours their names.
    func settle() async throws(UploadError) {
        guard case .folder(let folder, _) = source else { return }
        // There it would meet the mark of unfinished uploads.
        guard name != Array(".parts".utf8) else { throw .refused(.pathCollision(path: ".parts")) }
        try await folder.arrange(files.map { isSingleFile ? [name] : [name] + $0.path })
    }
}
