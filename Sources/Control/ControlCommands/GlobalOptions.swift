import ArgumentParser

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object a line instead of text.")
    var json = false

    @Flag(name: .long, help: "Show no progress.")
    var noProgress = false
}

/// The options of the commands that talk to a running suite.
struct SuiteOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The home folder of the suite; default: $P2P_HOME, else ~/.local/share/p2p.",
            valueName: "dir"
        )
    )
    var home: String?

    @OptionGroup var global: GlobalOptions
}
