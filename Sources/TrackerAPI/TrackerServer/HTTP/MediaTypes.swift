import Hummingbird

/// Whether a request can be served as far as media types go.
///
/// - Source: RFC 9110, 12.5.1 and 15.5.16.
enum MediaTypes {
    /// Refuses a request whose `Accept` excludes all of `produced`; nothing is asked when it is empty.
    static func accept(_ request: Request, among produced: [String]) throws(Problem) {
        guard !produced.isEmpty, let accept = request.headers[.accept] else { return }
        guard !produced.contains(where: { isAcceptable($0, accept) }) else { return }
        var problem = Problem(
            .notAcceptable,
            "This address answers with \(produced.joined(separator: ", ")).",
            action: "Accept that."
        )
        problem.endsConnection = request.method == .post
        throw problem
    }

    /// Refuses a body of another type than `taken`; nothing is asked when it is empty.
    static func take(_ request: Request, among taken: [String]) throws(Problem) {
        guard !taken.isEmpty else { return }
        let type = essence(request.headers[.contentType] ?? "")
        guard !taken.contains(type) else { return }
        throw Problem(
            .unsupportedMediaType,
            "This address takes \(taken.joined(separator: ", ")).",
            action: "Send that, and say so in Content-Type.",
            endsConnection: true
        )
    }

    /// Whether `accept` has a range that `type` is in; the most exact range decides, and `q=0` excludes.
    static func isAcceptable(_ type: String, _ accept: String) -> Bool {
        let main = type.prefix { $0 != "/" } + "/*"
        var best = (exactness: 0, isWanted: false)
        for range in accept.split(separator: ",") {
            let exactness =
                switch essence(range) {
                case type: 3
                case String(main): 2
                case "*/*": 1
                default: 0
                }
            if exactness > best.exactness { best = (exactness, !isExcluded(range)) }
        }
        return best.isWanted
    }

    private static func isExcluded(_ range: Substring) -> Bool {
        range.split(separator: ";").dropFirst().contains { parameter in
            let text = parameter.filter { $0 != " " }.lowercased()
            return text.hasPrefix("q=") && Double(text.dropFirst(2)) == 0
        }
    }

    /// `text` without its parameters: `Text/HTML; charset=utf-8` is `text/html`.
    private static func essence(_ text: some StringProtocol) -> String {
        String(text.prefix { $0 != ";" }).filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
