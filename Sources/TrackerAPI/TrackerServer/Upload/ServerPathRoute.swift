import BitTorrentTypes
import FoundationEssentials
import Glibc
import Hummingbird
import Logging
import NIOPosix
import TrackerStore

/// `POST /api/tracker/uploads/path`: files that are on this machine already are hashed and seeded where they lie.
///
/// Only for programs on this machine, and only below the folders of `storage.shareable`, of which there are none unless
/// somebody names them. The links of the path are followed first, those inside the folder never.
struct ServerPathRoute: Sendable {
    private static let bodyLimit = 64 * 1024

    private struct Order: Decodable {
        let path: String
        let category: String?
        let description: String?
        let tags: [String]?
    }

    let limits: UploadLimits
    let events: UploadEvents
    let route: UploadRoute
    let pool: NIOThreadPool

    @Sendable func share(_ request: Request, _ context: TrackerContext) async throws -> Response {
        guard context.remote?.isLoopback == true else {
            throw Problem(
                .forbidden,
                "Only programs on the tracker's machine may do this.",
                action: "Upload the files."
            )
        }
        let order = try await JSONBody.read(
            Order.self,
            of: request,
            limit: Self.bodyLimit,
            action: "Give path, which is absolute; category, description and tags may be left out."
        )
        return try await route.answer(context) {
            let labels = try UploadFields.labels(order.category, order.description, order.tags)
            context.logger.notice("a path of this machine is shared", metadata: ["path": "\(order.path)"])
            return try await route.service.share(try await find(order.path), labels: labels)
        }
    }

    /// The files at `path`, when they may be shared.
    private func find(_ path: String) async throws(UploadError) -> ReceivedUpload {
        let limits = limits
        let (directory, arrangement, lengths) = try await UploadFolder.perform(DiskPath(path), on: pool) {
            try Self.look(at: path, limits)
        }
        return ReceivedUpload(
            source: .server(directory),
            arrangement: arrangement,
            lengths: lengths,
            meter: UploadMeter(id: UploadFolder.randomName(), bytesTotal: nil, events: events)
        )
    }

    private static func look(
        at path: String,
        _ limits: UploadLimits
    ) throws -> (DiskPath, UploadNames.Arrangement, lengths: [Int]) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else { throw UploadError.notShareable(path: path) }
        let folders = limits.shareable.compactMap { resolved($0) }
        // Whether something is there is told only of places that may be shared.
        guard let place = resolved(path) else {
            let mayAsk = limits.shareable.contains { path.hasPrefix($0 + "/") } && !path.contains("/../")
            throw mayAsk ? UploadError.missing(path: path) : UploadError.notShareable(path: path)
        }
        let isBelow = folders.contains { place.bytes.starts(with: $0.appending("").bytes) }
        guard isBelow, let directory = place.parent else { throw UploadError.notShareable(path: path) }
        let name = place.lastComponent.bytes
        var status = stat()
        guard place.withCString({ lstat($0, &status) }) == 0 else { throw UploadError.missing(path: path) }
        let arrangement: UploadNames.Arrangement
        let lengths: [Int]
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            arrangement = UploadNames.Arrangement(name: name, paths: [[name]], isSingleFile: true)
            lengths = [Int(status.st_size)]
        case S_IFDIR:
            let files = try contents(of: place, limits)
            guard !files.isEmpty else { throw UploadError.empty }
            arrangement = UploadNames.Arrangement(name: name, paths: files.map(\.path), isSingleFile: false)
            lengths = files.map(\.length)
        default:
            throw UploadError.notShareable(path: path)
        }
        try UploadNames.check(arrangement, lengths: lengths)
        return (directory, arrangement, lengths)
    }

    /// In the order of their paths.
    private static func contents(of folder: DiskPath, _ limits: UploadLimits) throws -> [FolderWalk.File] {
        do {
            return try FolderWalk.files(under: folder, limit: limits.parts).sorted { left, right in
                left.path.lexicographicallyPrecedes(right.path) { $0.lexicographicallyPrecedes($1) }
            }
        } catch FolderWalk.Fault.tooMany(let limit) {
            throw UploadError.tooManyParts(limit: limit)
        } catch FolderWalk.Fault.unreadable(let path, let code) {
            throw UploadError.disk(path: path, reason: String(cString: strerror(code)))
        }
    }

    /// The path without links, dots and double slashes; `nil` when nothing is there.
    private static func resolved(_ path: String) -> DiskPath? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return DiskPath(
            bytes: Array(UnsafeBufferPointer(start: real, count: strlen(real))).map { UInt8(bitPattern: $0) }
        )
    }
}
