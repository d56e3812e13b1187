import Synchronization

/// Shows a ``ProgressLine`` on stderr while something long goes on.
///
/// On a terminal one line is redrawn, at most twenty times a second. Elsewhere a plain line appears every ten
/// seconds and at each change of state. Never throws: a display that cannot be written is no reason to stop.
final class ProgressDisplay: Sendable {
    enum Mode: Sendable {
        case bar, plain, hidden
    }

    private struct State {
        var lastShown: ContinuousClock.Instant?
        var lastState = ""
        var isDrawn = false
        var isFinished = false
        /// What a plain display has not shown yet.
        var pending: ProgressLine?
    }

    private static let redrawInterval = Duration.milliseconds(50)
    private static let plainInterval = Duration.seconds(10)

    private let console: Console
    private let mode: Mode
    private let state = Mutex(State())

    init(console: Console, mode: Mode) {
        self.console = console
        self.mode = mode
    }

    /// The display that the flags and the terminal ask for.
    convenience init(console: Console, options: GlobalOptions) {
        self.init(console: console, mode: options.noProgress ? .hidden : console.canRedraw ? .bar : .plain)
    }

    func update(_ line: ProgressLine, now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard !state.isFinished else { return }
            let elapsed = state.lastShown.map { now - $0 }
            let stateChanged = state.lastState != line.state
            switch mode {
            case .hidden:
                return
            case .bar:
                if let elapsed, elapsed < Self.redrawInterval, !stateChanged { return }
                // The cursor hides while the line is redrawn, and `finish` shows it again.
                let start = state.isDrawn ? "\r" : "\u{1b}[?25l\r"
                show(start + line.rendered(width: console.columns() ?? 80) + "\u{1b}[K")
                state.isDrawn = true
            case .plain:
                if let elapsed, elapsed < Self.plainInterval, !stateChanged {
                    state.pending = line
                    return
                }
                state.pending = nil
                show(line.plain + "\n")
            }
            state.lastShown = now
            state.lastState = line.state
        }
    }

    /// Takes the line away and gives the cursor back; what comes later is not shown.
    ///
    /// A plain display shows its last line first, so that a log does not stop short of the end.
    func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            if let pending = state.pending { show(pending.plain + "\n") }
            if state.isDrawn { show("\r\u{1b}[K\u{1b}[?25h") }
        }
    }

    private func show(_ text: String) {
        do {
            try console.errors.write(text)
        } catch {
            // Progress is a courtesy: without a reader the work itself goes on.
        }
    }
}
