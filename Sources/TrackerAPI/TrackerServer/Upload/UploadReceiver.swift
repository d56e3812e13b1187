import Hummingbird
import NIOCore
import NIOPosix

/// What uploads may bring, and where from.
package struct UploadLimits: Sendable {
    /// Of one upload, in bytes.
    package var bytes = 1 << 40
    package var parts = 20_000
    /// Of all uploads together, in bytes; `nil`: what the disk has.
    package var quota: Int?
    /// Folders of this machine whose files a program on it may have seeded; absolute.
    package var shareable: [String] = []
    /// How long an upload in pieces waits for the next one.
    package var patience = Duration.seconds(24 * 3600)

    package init() {}
}

/// What a request brought.
enum Received: Sendable {
    case files(ReceivedUpload, UploadFields)
    case torrent([UInt8], UploadFields)
}

/// Streams the files of a form to the disk, with memory that does not grow with them.
struct UploadReceiver: Sendable {
    let uploads: DiskPath
    let limits: UploadLimits
    let quota: UploadQuota
    let events: UploadEvents
    let pool: NIOThreadPool

    /// The fields that count: `file`, once or more, or `torrent`; `name`, `category`, `description`, `tags`.
    func receive(
        _ body: RequestBody,
        boundary: MultipartBoundary,
        contentLength: Int?,
        id: String?
    ) async throws(UploadError) -> Received {
        if let contentLength, contentLength > limits.bytes { throw .tooLarge(limit: limits.bytes) }
        let allowance = UploadAllowance(quota)
        let folder = try await UploadFolder.make(in: uploads, pool: pool)
        let meter = UploadMeter(id: id ?? "\(folder.path.lastComponent)", bytesTotal: contentLength, events: events)
        do throws(UploadError) {
            if let contentLength { try await allowance.ensure(contentLength) }
            try await folder.requireSpace(for: contentLength ?? 0)
            var intake = UploadIntake(folder: folder, limits: limits, allowance: allowance, boundary: boundary)
            do throws(UploadError) {
                try await read(body, into: &intake, meter)
            } catch {
                intake.abandon()
                throw error
            }
            if let torrent = intake.torrent {
                try await folder.remove()
                allowance.settle(stored: 0)
                meter.enter(.done, bytesTotal: nil)
                return .torrent(torrent, intake.fields)
            }
            let arrangement = try UploadNames.arrange(
                intake.paths,
                lengths: intake.lengths,
                givenName: intake.fields.name
            )
            let upload = ReceivedUpload(
                source: .folder(folder, allowance),
                arrangement: arrangement,
                lengths: intake.lengths,
                meter: meter
            )
            try await upload.settle()
            return .files(upload, intake.fields)
        } catch {
            allowance.settle(stored: 0)
            try await folder.remove()
            meter.fail(Problem(error).detail)
            throw error
        }
    }

    private func read(
        _ body: RequestBody,
        into intake: inout UploadIntake,
        _ meter: UploadMeter
    ) async throws(UploadError) {
        var received = 0
        do {
            for try await buffer in body {
                received += buffer.readableBytes
                guard received <= limits.bytes else { throw UploadError.tooLarge(limit: limits.bytes) }
                try await intake.take(buffer.readableBytesView)
                meter.reach(received)
            }
        } catch let error as UploadError {
            throw error
        } catch {
            throw .interrupted
        }
        try intake.finish()
    }
}
