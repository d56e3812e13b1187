import Dispatch
import Glibc

/// What Ctrl-C does: the first time it asks the command to end, the second time it ends the process.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    init(_ onFirst: @escaping @Sendable () -> Void) {
        let count = Counter()
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // The default action must be off, or it comes before the source.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if count.next() == 1 {
                    onFirst()
                } else {
                    Self.endNow()
                }
            }
            source.resume()
            return source
        }
    }

    func end() {
        for source in sources { source.cancel() }
    }

    private static func endNow() -> Never {
        // A progress line may have hidden the cursor.
        if isatty(STDERR_FILENO) == 1 { _ = write(STDERR_FILENO, "\u{1b}[?25h\n", 7) }
        _exit(ExitStatus.interrupted.rawValue)
    }
}
