import ServiceShapes

extension HealthRoute {
    var routes: [Route] { [.get("/health", show, Self.operation)] }

    private static let operation = Operation(
        "health",
        .service,
        "Whether it works",
        answers: [.json(200, "It can be used.", health), .json(503, "It cannot; the roles say why.", health)]
    ).with {
        $0.parameters = [.query("role", .choice(Part.allCases.map(\.rawValue)), "Only whether this one can be used.")]
    }

    private static let health = Schema.object([
        "status": .choice(["ok", "degraded", "unusable"]),
        "roles": .map(of: .object(["usable": .boolean, "reason": .string], optional: ["reason"])),
    ]).named("Health")
}
