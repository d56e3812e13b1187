import Hummingbird
import NIOCore
import ServiceShapes

/// `GET /api/v1/events`: what changes, as server-sent events.
struct EventRoute: Sendable {
    let hub: EventHub

    var routes: [Route] { [.get("/api/v1/events", stream, Self.operation)] }

    @Sendable func stream(_ request: Request, _ context: TrackerContext) async throws -> Response {
        let query = try QueryItems(request)
        let topics = try topics(query["topics"])
        let lastID = request.headers.first { $0.name.canonicalName == "last-event-id" }?.value ?? query["last_event_id"]
        guard hub.hasRoom else {
            throw Problem(
                .serviceUnavailable,
                "\(EventHub.maximumClients) pages listen already.",
                action: "Close some, or ask again later."
            )
        }
        let channel = context.channel
        // Joined when the body is written: HEAD has none.
        let body = ResponseBody { [hub] writer in
            guard let subscription = hub.subscribe(topics, after: lastID, drop: { channel.close(promise: nil) }) else {
                return try await writer.finish(nil)
            }
            channel.closeFuture.whenComplete { _ in hub.unsubscribe(subscription) }
            defer { hub.unsubscribe(subscription) }
            // A page that lost its connection comes back after a second.
            try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
            for frame in subscription.first { try await writer.write(frame) }
            for await frame in subscription.frames { try await writer.write(frame) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
    }

    private func topics(_ text: String?) throws(Problem) -> Set<EventTopic> {
        guard let text, !text.isEmpty else { return Set(EventTopic.allCases) }
        var topics: Set<EventTopic> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let topic = EventTopic(rawValue: String(name)) else {
                let known = EventTopic.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.badRequest, "There is no such topic.", action: "Choose from \(known).")
            }
            topics.insert(topic)
        }
        return topics
    }

    private static let operation = Operation(
        "events",
        .events,
        "What changes, as server-sent events",
        answers: [
            Answer(
                status: 200,
                meaning: "A stream without end.",
                content: [Content(type: "text/event-stream", schema: .string)]
            ), .problem(503, "Too many listen already."),
        ]
    ).with {
        $0.detail = """
            A new client first gets the event `snapshot`: an object with an array for each topic. Then each event bears \
            the name of its topic and the whole new value, or `<topic>_removed` and a key. A client that comes back \
            with Last-Event-ID gets what it missed, or a snapshot when that is too long ago. A client that does not \
            read is dropped.
            """
        $0.parameters = [
            .query("topics", .string.example("torrent,process"), "Separated by commas; all by default."),
            .query("last_event_id", .string, "For clients that cannot set the header."),
            .header("Last-Event-ID", .string, "The id of the last event that the client has."),
        ]
    }
}
