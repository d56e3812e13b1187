import NIOPosix

/// What all ways of uploading share, from the start of the server to its end.
struct UploadDoors: Sendable {
    let uploads: DiskPath
    let limits: UploadLimits
    let quota: UploadQuota
    let events = UploadEvents()
    let tus: TusStore
    private let pool = NIOThreadPool.singleton

    init(_ configuration: TrackerConfiguration) {
        uploads = DiskPath(configuration.uploads)
        limits = configuration.limits
        quota = UploadQuota(limit: limits.quota, uploads: uploads, pool: pool)
        let files = TusFiles(uploads: uploads, patience: Int(limits.patience.components.seconds))
        tus = TusStore(files: files, quota: quota, events: events, pool: pool)
    }

    /// Removes what a crash cut off; returns what is to be finished.
    func sweep(_ service: UploadService) async throws -> [DiskPath] {
        try await tus.sweep()
        return try await unfinished(service).sweep()
    }

    /// In the background: the peer-nodes may be starting too.
    func finish(_ folders: [DiskPath], _ service: UploadService) {
        guard !folders.isEmpty else { return }
        Task { await unfinished(service).finish(folders) }
    }

    func routes(_ service: UploadService, _ presenter: TorrentPresenter) -> UploadRoutes {
        let receiver = UploadReceiver(uploads: uploads, limits: limits, quota: quota, events: events, pool: pool)
        let upload = UploadRoute(receiver: receiver, service: service, presenter: presenter)
        return UploadRoutes(
            upload: upload,
            events: events,
            path: ServerPathRoute(limits: limits, events: events, route: upload, pool: pool),
            tus: TusRoutes(store: tus, limits: limits),
            tusFinish: TusFinish(store: tus, receiver: receiver, route: upload)
        )
    }

    private func unfinished(_ service: UploadService) -> UnfinishedUploads {
        UnfinishedUploads(uploads: uploads, service: service, pool: pool, logger: service.logger)
    }
}
