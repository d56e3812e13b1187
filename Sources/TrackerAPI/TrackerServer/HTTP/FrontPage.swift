import Hummingbird

/// `GET /`: what answers here, for somebody with a browser.
enum FrontPage {
    static let routes = [
        Route.get(
            "/",
            show,
            Operation(
                "frontPage",
                .service,
                "What answers here",
                answers: [
                    Answer(status: 200, meaning: "A page.", content: [Content(type: "text/html", schema: .string)])
                ]
            )
        )
    ]

    @Sendable static func show(_ request: Request, _ context: TrackerContext) -> Response {
        var response = Response.bytes(Array(text.utf8), type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return response
    }

    private static let text = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>p2p tracker</title>
        <style>
        :root { color-scheme: light dark }
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
        th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
        </style>
        <h1>p2p tracker</h1>
        <p>This tracker is running. <a href="/api/tracker/torrents">Its torrents</a>,
        <a href="/api/tracker/stats">its numbers</a>, <a href="/health">its health</a>,
        <a href="/docs">its interface</a> to try.</p>
        <table>
        <tr><th>Address<th>What it is
        <tr><td><code>GET /announce</code><td>announce (BEP 3, 7, 23); also <code>/api/tracker/announce</code>
        <tr><td><code>POST /api/tracker/announce</code><td>the same in JSON
        <tr><td><code>GET /scrape</code><td>scrape (BEP 48); also <code>/api/tracker/scrape</code>
        <tr><td><code>GET /api/tracker/torrents</code><td>the torrents:
        <code>?q&amp;state&amp;sort&amp;order&amp;page&amp;per_page</code>
        <tr><td><code>GET /api/tracker/torrents/{info_hash}</code><td>one of them; with <code>.torrent</code> its file
        <tr><td><code>GET /api/tracker/peers/{info_hash}</code><td>the peers of a torrent
        <tr><td><code>GET /api/tracker/stats</code><td>numbers
        <tr><td><code>POST /api/tracker/upload</code><td>share files: a form with the field <code>file</code>
        <tr><td><code>GET /health</code><td>whether everything works
        <tr><td><code>GET /metrics</code><td>numbers for Prometheus
        <tr><td><code>/api/v1/&hellip;</code><td>the processes, torrents and jobs of the suite
        <tr><td><code>GET /api/v1/events</code><td>what changes, as server-sent events
        <tr><td><code>GET /docs</code><td>all of this on pages to try
        <tr><td><code>GET /openapi.json</code><td>all of this for programs: OpenAPI 3.1
        </table>
        """
}
