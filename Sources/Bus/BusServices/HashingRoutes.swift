package import BusTransport

/// Hash jobs as they reach a hasher-worker.
package struct HashingRoutes: ServiceRoutes {
    private let service: any HashingService

    package init(_ service: any HashingService) {
        self.service = service
    }

    package func handle(_ request: IncomingRequest) async throws(BusFault) -> [UInt8]? {
        guard let method = HashingMethod(rawValue: request.method) else { return nil }
        switch method {
        case .hash:
            let job = try HashingMessages.job(request.body)
            let outcomes = try await service.hash(job) { bytesHashed in
                do {
                    request.progress(try HashingMessages.encode(bytesHashed: bytesHashed))
                } catch {
                    // Progress is a courtesy; the answer is what counts.
                    return
                }
            }
            return try HashingMessages.encode(outcomes)
        }
    }
}
