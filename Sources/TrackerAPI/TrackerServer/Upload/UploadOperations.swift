import ServiceShapes

extension UploadRoutes {
    var routes: [Route] {
        [
            .post("/api/tracker/upload", upload.upload, Self.uploadOperation),
            .get("/api/tracker/uploads", list, Self.listOperation),
            .post("/api/tracker/uploads/path", path.share, Self.pathOperation),
            .post(TusRoutes.path + "/finish", tusFinish.finish, Self.finishOperation),
        ] + tus.routes
    }

    private static let uploadOperation = Operation(
        "upload",
        .uploads,
        "Share files, or list a .torrent file",
        answers: shared + [.problem(413, "More bytes or parts than are taken.")]
    ).with {
        $0.detail = """
            One part named `file` for each file; a relative path in its filename keeps folders. A .torrent file comes \
            alone, in a part named `torrent` or as the whole body: it is listed and tracked.
            """
        $0.parameters = [
            .query("id", .string.with("pattern", "^[A-Za-z0-9_-]{1,64}$"), "What events call the upload.")
        ]
        let form = Schema.object(
            [
                "file": .oneOf(.bytes, .array(of: .bytes)), "torrent": .bytes, "category": .string,
                "description": .string, "tags": .string.meaning("Separated by commas."),
            ],
            optional: ["file", "torrent", "category", "description", "tags"]
        )
        $0.body = [
            Content(type: "multipart/form-data", schema: form),
            Content(type: "application/x-bittorrent", schema: .bytes),
        ]
    }

    private static let listOperation = Operation(
        "listUploads",
        .uploads,
        "Uploads under way, and the last that ended",
        answers: [.json(200, "In the order in which they began.", uploads)]
    )

    private static let pathOperation = Operation(
        "sharePath",
        .uploads,
        "Seed what is on the tracker's machine already",
        answers: shared + [
            .problem(403, "Not asked from this machine, or of a path in no folder of storage.shareable."),
            .problem(404, "Nothing is there."), .problem(413, "More files than are taken."),
        ]
    ).with {
        $0.body = [
            .json(.object(labels.and(["path": .string.meaning("Absolute.")]), optional: labelNames))
        ]
    }

    private static let finishOperation = Operation(
        "finishUploads",
        .uploads,
        "Complete resumable uploads become one torrent",
        answers: shared + [
            .problem(404, "One of them is unknown or expired."), .problem(413, "More files than are taken."),
            .problem(423, "Somebody sends to one of them."),
        ]
    ).with {
        $0.body = [
            .json(
                .object(
                    labels.and([
                        "uploads": .array(of: .string).meaning("Ids, in the order of the torrent's files."),
                        "name": .string,
                    ]),
                    optional: labelNames.union(["name"])
                )
            )
        ]
    }

    /// What every way of uploading answers.
    private static let shared: [Answer] = [
        .json(201, "Listed, tracked and seeded.", .receipt).with(header: "Location", "The new torrent."),
        .json(200, "The same data was listed already.", .receipt),
        .problem(400, "The body is broken."), .problem(409, "It was cancelled, or is not complete."),
        .problem(422, "No files, or a name or label that none may have."),
        .problem(503, "Nobody hashes or seeds it now."), .problem(507, "The disk or the quota has no room for it."),
    ]

    private static let uploads = Schema.object([
        "items": .array(
            of: .object(
                [
                    "id": .string, "name": .string, "state": .string, "bytes_done": .count, "bytes_total": .count,
                    "info_hash": .infoHash, "problem": .string,
                ],
                optional: ["bytes_total", "info_hash", "problem"]
            )
        )
    ]).named("Uploads")

    private static let labels = LabelRoutes.properties
    private static let labelNames: Set<String> = ["category", "description", "tags"]
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
