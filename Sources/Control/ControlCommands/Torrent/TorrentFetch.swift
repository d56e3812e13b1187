import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Fetches a .torrent file from the web, with bounds on everything that the other side decides.
enum TorrentFetch {
    private static let deadline = TimeAmount.seconds(30)
    private static let redirects = 5

    static func bytes(of url: String) async throws -> [UInt8] {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .follow(max: redirects, allowCycles: false)
        configuration.timeout.connect = .seconds(10)
        // A port that refuses is told at once, not after the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<[UInt8], any Error>
        do {
            result = .success(try await fetch(url, with: client))
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    private static func fetch(_ url: String, with client: HTTPClient) async throws -> [UInt8] {
        let shown = DisplayText.escaped(url)
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: deadline)
            guard response.status == .ok else {
                let status: ExitStatus = response.status == .notFound ? .notFound : .failed
                throw CommandFailure(status, "\(shown) answered \(response.status.code); check the address")
            }
            let body = try await response.body.collect(upTo: InputFile.torrentLimit)
            return Array(body.readableBytesView)
        } catch is NIOTooManyBytesError {
            let limit = HumanUnits.bytes(InputFile.torrentLimit)
            throw CommandFailure("\(shown) sends more than \(limit); is it really a .torrent file?")
        } catch let failure as CommandFailure {
            throw failure
        } catch let cancellation as CancellationError {
            throw cancellation
        } catch {
            let reason = (error as? IOError).map { SystemError.text($0.errnoCode) } ?? DisplayText.escaped("\(error)")
            throw CommandFailure("\(shown) cannot be fetched: \(reason); check the address and the network")
        }
    }
}
