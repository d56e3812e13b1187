import ServiceShapes

extension TusRoutes {
    static let optionsOperation = told("describeTus", "What the server takes (tus 1.0)", [able])
    static let optionsOfOneOperation = told("describeTusUpload", "What the server takes (tus 1.0)", [able]).with {
        $0.parameters = [id]
    }

    static let createOperation = told(
        "createTusUpload",
        "Begin a resumable upload",
        [
            .empty(201, "It may be sent.").with(header: "Location", "Where to send it.")
                .with(header: "Upload-Offset", "Bytes that are there."),
            .problem(413, "Longer than is taken."), .problem(422, "A name that no file may have."),
            .problem(460, "The bytes are not those of the checksum."), .problem(507, "No room for it."),
        ]
    ).with {
        $0.parameters = [
            version, .header("Upload-Length", .count, "Bytes of the file.", isRequired: true),
            .header("Upload-Metadata", .string, "filename or relativePath, in Base64.", isRequired: true), checksum,
        ]
    }

    static let headOperation = told(
        "showTusUpload",
        "How many bytes are there",
        [.empty(200, "Upload-Offset says.").with(header: "Upload-Offset", "Bytes that are there."), .gone]
    ).with { $0.parameters = [id, version] }

    static let patchOperation = told("appendToTusUpload", "Send the next bytes", appended).with {
        $0.parameters = [
            id, version, .header("Upload-Offset", .count, "Where they begin, as HEAD tells.", isRequired: true),
            checksum,
        ]
        $0.body = [Content(type: TusHeaders.chunkType, schema: .bytes)]
    }

    static let terminateOperation = told(
        "endTusUpload",
        "Throw an upload away",
        [.empty(204, "It is gone."), .gone, .locked]
    ).with { $0.parameters = [id, version] }

    static let overrideOperation = told(
        "overrideTusUpload",
        "HEAD, PATCH or DELETE for clients that can only POST",
        appended + [
            .empty(200, "As HEAD."), .problem(405, "No method is named."),
            .problem(415, "The body of a PATCH is no piece of an upload."),
        ]
    ).with {
        $0.parameters = [
            id, version,
            .header("X-HTTP-Method-Override", .choice(["DELETE", "HEAD", "PATCH"]), "The method.", isRequired: true),
        ]
    }

    private static let appended: [Answer] = [
        .empty(204, "They are there.").with(header: "Upload-Offset", "Bytes that are there."),
        .gone, .locked, .problem(409, "Other bytes are missing first."),
        .problem(413, "More bytes than the upload has."), .problem(460, "They are not those of the checksum."),
        .problem(507, "No room for them."),
    ]

    private static let able = Answer.empty(204, "See the header fields.")
        .with(header: "Tus-Version", "Versions of the protocol.").with(header: "Tus-Extension", "Its extensions.")
        .with(header: "Tus-Max-Size", "Bytes of the longest upload.")

    private static let id = Parameter.path("id", .string)
    private static let version = Parameter.header(
        "Tus-Resumable",
        .choice([TusHeaders.version]),
        "The version that the client speaks.",
        isRequired: true
    )
    private static let checksum = Parameter.header(
        "Upload-Checksum",
        .string,
        "Algorithm and Base64: one of \(TusChecksum.algorithms)."
    )

    private static func told(_ id: String, _ summary: String, _ answers: [Answer]) -> Operation {
        Operation(
            id,
            .uploads,
            summary,
            answers: answers + [
                .problem(400, "A header field is missing or broken."),
                .problem(412, "The client speaks another version of the protocol."),
            ]
        )
    }
}

extension Answer {
    fileprivate static let gone = problem(404, "No such upload, or it expired.")
    fileprivate static let locked = problem(423, "Somebody is sending to it.")
}
