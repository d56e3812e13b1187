import BusTransport
import Hummingbird
import Logging
import NIOHTTP1
import TrackerStore

/// Turns whatever a handler throws into an answer that says what to do, and guards every answer against misuse.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = TrackerContext

    func handle(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        var response = try await answer(request, context: context, next: next)
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private func answer(
        _ request: Request,
        context: TrackerContext,
        next: (Request, TrackerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error  // The server answers 400 and closes.
        } catch let problem as Problem {
            return problem.response(in: context)
        } catch let fault as BusFault {
            return Problem(fault).response(in: context)
        } catch let error as TrackerStoreError {
            context.logger.error("the database failed", metadata: ["reason": "\(error)"])
            return Problem(error).response(in: context)
        } catch let error as HTTPError where error.status == .notFound {
            return Problem.notFound.response(in: context)
        } catch let error as any HTTPResponseError {
            let problem = Problem(error.status, "The request cannot be answered.", action: "Check it against /.")
            return problem.response(in: context)
        } catch {
            context.logger.error("a request failed", metadata: ["reason": "\(error)"])
            let problem = Problem(.internalServerError, "The tracker failed.", action: "See the tracker's log.")
            return problem.response(in: context)
        }
    }
}
