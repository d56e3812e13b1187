import CLinux
import Glibc

/// Where a command writes, and what it may show there.
struct Console: Sendable {
    /// The console of the running command; tests bind their own.
    @TaskLocal static var current = Console.ofProcess

    let output: Output
    let errors: Output
    let isOutputTerminal: Bool
    let isErrorTerminal: Bool
    let environment: [String: String]
    /// Columns of the terminal behind stderr, asked anew each time: windows change their size.
    let columns: @Sendable () -> Int?

    static let ofProcess = Console(
        output: Output(descriptor: STDOUT_FILENO),
        errors: Output(descriptor: STDERR_FILENO),
        isOutputTerminal: isatty(STDOUT_FILENO) == 1,
        isErrorTerminal: isatty(STDERR_FILENO) == 1,
        environment: Environment.current,
        columns: {
            let columns = Int(clinux_terminal_columns(STDERR_FILENO))
            return columns > 0 ? columns : nil
        }
    )

    /// https://no-color.org: any value but the empty one.
    var mayUseColor: Bool {
        isOutputTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    /// Whether stderr can redraw a line.
    var canRedraw: Bool { isErrorTerminal && environment["TERM"] != "dumb" }

    /// How wide tables may be: the terminal's width when stdout is one, else as wide as they are.
    var tableWidth: Int? { isOutputTerminal ? columns() : nil }

    func print(_ table: TextTable) throws(CommandFailure) {
        let lines = table.lines(width: tableWidth)
        try output.write(lines.map { $0 + "\n" }.joined())
    }

    /// A remark beside the result; not worth failing for when nobody reads it.
    func remark(_ text: String) {
        do {
            try errors.line("p2pctl: " + DisplayText.escaped(text))
        } catch {
            // stderr is gone; the exit status still tells.
        }
    }

    /// `text` in the color that goes with a torrent's or a process's state, when colors are wanted.
    func colored(_ text: String, _ color: Color) -> String {
        mayUseColor ? "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m" : text
    }

    enum Color: Int {
        case bold = 1
        case red = 31
        case green = 32
        case yellow = 33
    }
}

/// The environment of this process.
enum Environment {
    static var current: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
