import FoundationEssentials
import Hummingbird
import NIOPosix
import ServiceShapes

/// `GET /docs`: the document as pages on which it can be tried, by Swagger UI, with nothing fetched from elsewhere.
///
/// `tools/setup` puts Swagger UI into the folder; without it the page says so.
struct Viewer: Sendable {
    /// The files of Swagger UI that are served, and their media types.
    private static let assets = [
        "swagger-ui.css": "text/css; charset=utf-8", "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    ]
    private static let starter = "start.js"

    /// `nil` when it was not found.
    let folder: String?

    var routes: [Route] {
        [
            .get("/docs", show, Self.pageOperation),
            .get("/docs/{asset}", asset, Self.assetOperation),
        ]
    }

    @Sendable func show(_ request: Request, _ context: TrackerContext) -> Response {
        var response = Response.bytes(
            Array((folder == nil ? Self.missing : Self.page).utf8),
            type: "text/html; charset=utf-8"
        )
        // Swagger UI sets styles of its elements, and shows icons that it carries with it.
        response.headers[.contentSecurityPolicy] = """
            default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
            connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """
        return response
    }

    @Sendable func asset(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let name = context.parameters.get("asset") ?? ""
        if name == Self.starter { return .bytes(Array(Self.start.utf8), type: "text/javascript; charset=utf-8") }
        guard let type = Self.assets[name], let folder else { throw Problem.notFound }
        do {
            return .bytes(try await Self.read(folder + "/" + name), type: type)
        } catch {
            throw Problem(.notFound, "Swagger UI is gone from its folder.", action: "Run tools/setup again.")
        }
    }

    private static func read(_ path: String) async throws -> [UInt8] {
        try await NIOThreadPool.singleton.runIfActive { Array(try Data(contentsOf: URL(filePath: path))) }
    }

    private static let pageOperation = Operation(
        "docs",
        .service,
        "This document as pages on which it can be tried",
        answers: [Answer(status: 200, meaning: "A page.", content: [Content(type: "text/html", schema: .string)])]
    )

    private static let assetOperation = Operation(
        "docsAsset",
        .service,
        "What the page needs",
        answers: [
            Answer(
                status: 200,
                meaning: "A style sheet or a script.",
                content: ["text/css", "text/javascript"].map { Content(type: $0, schema: .string) }
            ),
            .problem(404, "There is no such file, or Swagger UI is not installed."),
        ]
    ).with {
        $0.isTagged = true
        let names = (assets.keys + [starter]).sorted()
        $0.parameters = [.path("asset", .choice(names).example(.text(starter)))]
    }

    private static let page = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>p2p tracker: interface</title>
        <link rel="stylesheet" href="/docs/swagger-ui.css">
        <div id="document"></div>
        <script src="/docs/swagger-ui-bundle.js"></script>
        <script src="/docs/start.js"></script>
        """

    private static let start = """
        SwaggerUIBundle({ url: "/openapi.json", dom_id: "#document", deepLinking: true, validatorUrl: null });
        """

    private static let missing = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>p2p tracker: interface</title>
        <h1>The pages are not installed</h1>
        <p>They need Swagger UI: run <code>tools/setup</code>, then <code>p2pctl restart tracker-api/1</code>.</p>
        <p>What they would show is at <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
        """
}
