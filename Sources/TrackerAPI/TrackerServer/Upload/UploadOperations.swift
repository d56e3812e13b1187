import ServiceShapes

extension UploadRoute {
    var routes: [Route] { [.post("/api/tracker/upload", upload, Self.operation)] }

    private static let operation = Operation(
        "upload",
        .uploads,
        "Share files",
        answers: [
            .json(201, "Listed, tracked and seeded.", .receipt).with(header: "Location", "The new torrent."),
            .json(200, "The same data was listed already.", .receipt),
            .problem(400, "The form is broken."), .problem(409, "It was cancelled while it was hashed."),
            .problem(413, "More bytes or parts than are taken."),
            .problem(422, "A form without files, or a name that no file may have."),
            .problem(503, "Nobody hashes or seeds it now."), .problem(507, "The disk has no room for it."),
        ]
    ).with {
        $0.detail = "One part named `file` for each file; a relative path in its filename keeps folders."
        let file = Schema.oneOf(.bytes, .array(of: .bytes))
        $0.body = [Content(type: "multipart/form-data", schema: .object(["file": file]))]
    }
}

extension Schema {
    /// What an upload gets back.
    static let receipt = object([
        "info_hash": .infoHash,
        "name": .string,
        "size": .count,
        "piece_length": .count,
        "pieces": .count,
        "magnet": .string,
        "torrent_url": .string,
    ]).named("Receipt")
}
