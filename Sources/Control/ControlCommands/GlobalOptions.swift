import ArgumentParser

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The home folder of the suite; default: $P2P_HOME, else ~/.local/share/p2p.",
            valueName: "dir"
        )
    )
    var home: String?

    @Flag(name: .long, help: "Print one JSON object a line instead of text.")
    var json = false

    @Flag(name: .long, help: "Show no progress.")
    var noProgress = false

    func validate() throws {
        // A script's unset variable must not mean somebody's own suite.
        if home?.isEmpty == true { throw ValidationError("--home is empty; name a folder.") }
    }

    /// The arguments with the global options that stand before the command moved behind it.
    ///
    /// The parser knows an option only where a command declares it, and every command declares these.
    ///
    ///     --json --home /tmp/a ps hasher-worker   →   ps --json --home /tmp/a hasher-worker
    ///     --json jobs cancel 3                    →   jobs cancel --json 3
    static func behindCommand(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        while let argument = rest.first {
            if ["--json", "--no-progress"].contains(argument) || argument.hasPrefix("--home=") {
                rest = rest.dropFirst()
            } else if argument == "--home", rest.count > 1 {
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        guard let command = rest.first else { return arguments }
        // `--help`, `--version` and `help create` are no commands and take no options.
        guard !command.hasPrefix("-"), command != "help" else { return Array(rest) }
        let words = rest.prefix(subcommands[command]?.contains(rest.dropFirst().first ?? "") == true ? 2 : 1)
        return Array(words) + arguments[..<rest.startIndex] + rest.dropFirst(words.count)
    }

    /// The commands of two words.
    private static let subcommands = ["jobs": ["list", "cancel"]]
}

/// The options of the commands that talk to a running suite.
struct SuiteOptions: ParsableArguments {
    @OptionGroup var global: GlobalOptions

    var home: String? { global.home }
}
