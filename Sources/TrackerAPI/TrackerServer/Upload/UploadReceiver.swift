import Hummingbird
import NIOCore
import NIOPosix

/// What one request may bring.
package struct UploadLimits: Sendable {
    /// Of the whole body, in bytes.
    package var bytes = 1 << 40
    package var parts = 5_000

    package init() {}
}

/// Files on the disk, checked by name, not yet hashed.
struct ReceivedUpload: Sendable {
    let folder: UploadFolder
    let name: [UInt8]
    /// Under the torrent's folder, in the order of the upload; lengths in bytes.
    let files: [(path: [[UInt8]], length: Int)]
    let isSingleFile: Bool

    /// No two uploads have the same.
    var id: String { "upload-\(folder.path.lastComponent)" }

    /// Where `file` lies.
    func location(of file: Int) -> DiskPath {
        let root = folder.path.appending(name)
        return isSingleFile ? root : files[file].path.reduce(root) { $0.appending($1) }
    }
}

/// Streams the files of a form to the disk, with memory that does not grow with them.
struct UploadReceiver: Sendable {
    let uploads: DiskPath
    let limits: UploadLimits
    let pool: NIOThreadPool

    /// The fields that count: `file`, once or more, and `name` for files that have no common folder.
    func receive(
        _ body: RequestBody,
        boundary: MultipartBoundary,
        contentLength: Int?
    ) async throws(UploadError) -> ReceivedUpload {
        if let contentLength, contentLength > limits.bytes { throw .tooLarge(limit: limits.bytes) }
        let folder = try await UploadFolder.make(in: uploads, pool: pool)
        do throws(UploadError) {
            try await folder.requireSpace(for: contentLength ?? 0)
            var intake = UploadIntake(folder: folder, limits: limits, boundary: boundary)
            do throws(UploadError) {
                try await read(body, into: &intake)
            } catch {
                intake.abandon()
                throw error
            }
            let arrangement = try UploadNames.arrange(
                intake.paths,
                lengths: intake.lengths,
                givenName: intake.givenName
            )
            let places = arrangement.paths.map { arrangement.isSingleFile ? $0 : [arrangement.name] + $0 }
            try await folder.arrange(places)
            return ReceivedUpload(
                folder: folder,
                name: arrangement.name,
                files: zip(arrangement.paths, intake.lengths).map { (path: $0, length: $1) },
                isSingleFile: arrangement.isSingleFile
            )
        } catch {
            try await folder.remove()
            throw error
        }
    }

    private func read(_ body: RequestBody, into intake: inout UploadIntake) async throws(UploadError) {
        var received = 0
        do {
            for try await buffer in body {
                received += buffer.readableBytes
                guard received <= limits.bytes else { throw UploadError.tooLarge(limit: limits.bytes) }
                try await intake.take(buffer.readableBytesView)
            }
        } catch let error as UploadError {
            throw error
        } catch {
            throw .interrupted
        }
        try intake.finish()
    }
}
