import BusServices
import BusTransport
import ServiceShapes

extension ControlRoutes {
    var routes: [Route] {
        [
            .get("/api/v1/status", status, Self.statusOperation),
            .get("/api/v1/processes", processes, Self.processesOperation),
            .get("/api/v1/nodes/{number}/limits", limits, Self.limitsOperation),
            .patch("/api/v1/nodes/{number}/limits", changeLimits, Self.changeLimitsOperation),
            .get("/api/v1/jobs", jobs, Self.jobsOperation),
            .post("/api/v1/jobs/{job}/cancel", cancelJob, Self.cancelOperation),
        ]
    }

    private static let statusOperation = Operation(
        "status",
        .control,
        "The state of the suite",
        answers: [.json(200, "One page of state.", .suite)] + Answer.hub
    )

    private static let processesOperation = Operation(
        "listProcesses",
        .control,
        "List the processes",
        answers: [.json(200, "All, by name.", .items(.process))] + Answer.hub
    )

    private static let limitsOperation = Operation(
        "showNodeLimits",
        .control,
        "The limits that the torrents of a node share",
        answers: [.json(200, "As they are.", .nodeLimits), .problem(404, "There is no such node.")] + Answer.hub
    ).with { $0.parameters = [node] }

    private static let changeLimitsOperation = Operation(
        "changeNodeLimits",
        .control,
        "Change the limits that the torrents of a node share",
        answers: [.json(200, "As they are now.", .nodeLimits), .problem(404, "There is no such node.")] + Answer.hub
    ).with {
        $0.detail = "What is absent stays; null is unlimited."
        $0.parameters = [node]
        $0.body = [.json(limitsChange)]
    }

    private static let jobsOperation = Operation(
        "listJobs",
        .control,
        "List the hash jobs",
        answers: [.json(200, "What runs or waits first, then what ended lately.", .items(.job))] + Answer.hub
    )

    private static let cancelOperation = Operation(
        "cancelJob",
        .control,
        "Cancel a hash job",
        answers: [
            .json(200, "The job; one that is over stays as it is.", .job), .problem(404, "There is no such job."),
        ]
            + Answer.hub
    ).with { $0.parameters = [.path("job", .count)] }

    private static let node = Parameter.path("number", Schema.integer.with("minimum", 1))

    private static let limitsChange = Schema.object(
        [
            "down_limit": Schema.rateLimit, "up_limit": Schema.rateLimit,
            "alternative": .choice(AlternativeSpeeds.allCases.map(\.rawValue)),
        ],
        optional: ["down_limit", "up_limit", "alternative"]
    ).named("NodeLimitsChange")
}

extension Answer {
    /// What any question to another process may come to.
    static let hub: [Answer] = [
        .problem(503, "The hub or the process that was asked is not there."),
        .problem(504, "The process that was asked did not answer in time."),
    ]
}

extension Schema {
    static let rateLimit = count.orNull.meaning("Bytes a second; null: unlimited.")

    static func items(_ item: Schema) -> Schema {
        object(["items": .array(of: item), "total": .count])
    }

    static let process = object([
        "name": .string.example("peer-node/1"),
        "role": .choice(Role.allCases.map(\.rawValue)),
        "pid": .count.meaning("0 while it does not run."),
        "epoch": .count.meaning("How often it was started."),
        "state": .choice(ProcessState.allCases.map(\.rawValue)),
        "restarts": .count,
        "cpu_seconds": .number,
        "rss_bytes": .count,
        "uptime_s": .number,
        "last_exit": .string,
        "load": .count.meaning("Torrents of a peer-node, open jobs of a hasher-worker."),
    ]).named("Process")

    static let suite = object(
        [
            "version": .string,
            "home": .string,
            "home_hex": .string,
            "http_url": .string.orNull,
            "udp_url": .string.orNull,
            "tracker_announce_url": .string.orNull,
            "processes": .array(of: .process),
            "nodes": .array(of: .object(["name": .string, "listen_port": .count.orNull, "torrents": .count])),
            "launcher_pid": .count,
            "uptime_s": .number,
            "hash_queue": .object([
                "waiting": .count, "running": .count, "bytes_hashed": .count, "requeued": .count,
            ]),
        ],
        optional: ["home_hex"]
    ).named("Suite")

    static let nodeLimits = object([
        "node": .string,
        "down_limit": rateLimit,
        "up_limit": rateLimit,
        "alternative_down_limit": rateLimit,
        "alternative_up_limit": rateLimit,
        "alternative": .choice(AlternativeSpeeds.allCases.map(\.rawValue)),
        "alternative_active": .boolean,
        "down_rate": .number,
        "up_rate": .number,
    ]).named("NodeLimits")

    static let job = object(
        [
            "job": .count,
            "kind": .choice(HashTask.Kind.allCases.map(\.rawValue)),
            "name": .string,
            "name_hex": .string,
            "state": .choice(HashTaskStatus.State.allCases.map(\.rawValue)),
            "progress": .number,
            "bytes_done": .count,
            "bytes_total": .count,
            "rate": .number,
            "eta_s": .count.orNull,
            "seconds": .number,
            "workers": .array(of: .string),
            "requester": .string,
            "info_hash": infoHash.orNull,
            "problem": .string.meaning("Why it failed."),
        ],
        optional: ["name_hex"]
    ).named("Job")
}
