import Glibc

/// A thread apart from the tasks, for what has to stay on one: ZeroMQ's sockets belong to the thread that made them.
package enum OwnerThread {
    private final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a new thread, which takes no signals: they are the business of the process's main.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(ZeroMQError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(body))
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            },
            start.toOpaque()
        )
        guard code == 0 else {
            start.release()
            throw ZeroMQError(call: "pthread_create", code: code)
        }
        pthread_detach(thread)
    }
}
