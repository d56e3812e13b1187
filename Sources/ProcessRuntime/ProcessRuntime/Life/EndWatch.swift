import BusTransport
import CLinux
import Glibc

/// Watches for what ends a process: signals, and the launcher's end of stdin.
///
/// A thread of its own, so that a process whose tasks are all stuck still ends: the first signal asks, the second one or the
/// end of the grace ends the process at once.
package enum EndWatch {
    /// Starts the watch; once in a process, before anything else.
    ///
    /// - Parameters:
    ///   - stop: is told the first reason.
    ///   - grace: how long an orderly end may take.
    ///   - watchesInput: whether the end of stdin is a reason.
    ///   - secondSignal: runs on the watching thread when somebody is in a hurry, before the process ends.
    /// - Throws: ``LifeError`` when the system refuses.
    package static func start(
        telling stop: StopRequest,
        grace: Duration,
        watchesInput: Bool,
        secondSignal: @escaping @Sendable () -> Void = {}
    ) throws(LifeError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw LifeError(doing: "make a pipe", errno: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        guard clinux_catch_end_signals(ends[1]) == 0 else { throw LifeError(doing: "catch signals", errno: errno) }
        let signals = ends[0]
        do throws(ZeroMQError) {
            try OwnerThread.start { watch(signals, watchesInput: watchesInput, stop, grace, secondSignal) }
        } catch {
            throw LifeError(doing: "start a thread", errno: error.code)
        }
    }

    private static func watch(
        _ signals: Int32,
        watchesInput: Bool,
        _ stop: StopRequest,
        _ grace: Duration,
        _ secondSignal: () -> Void
    ) {
        var input: Int32 = watchesInput ? 0 : -1
        var end: ContinuousClock.Instant?
        var signalled = false
        while true {
            var watched = [
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&watched, nfds_t(watched.count), end == nil ? -1 : 50) > 0 {
                if watched[1].revents != 0, atEnd(input) {
                    input = -1
                    stop.request(.launcherGone)
                    end = end ?? .now + grace
                }
                if watched[0].revents != 0, let number = nextSignal(signals) {
                    if signalled {
                        secondSignal()
                        _exit(0)
                    }
                    signalled = true
                    stop.request(.signal(number))
                    end = end ?? .now + grace
                }
            }
            if let end, end <= .now { _exit(1) }
        }
    }

    private static func nextSignal(_ descriptor: Int32) -> Int32? {
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1 ? Int32(byte) : nil
    }

    /// Whatever is written to stdin is thrown away; only its end matters.
    private static func atEnd(_ input: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(input, &bytes, bytes.count)
        return count == 0 || count < 0 && errno != EINTR && errno != EAGAIN
    }
}

/// A call to the system that has to work did not.
package struct LifeError: Error, Hashable, CustomStringConvertible {
    let doing: String
    let errno: Int32

    package var description: String { "cannot \(doing): \(String(cString: strerror(errno)))" }
}
