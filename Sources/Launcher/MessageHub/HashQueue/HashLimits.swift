/// The bounds of the dispatcher.
package struct HashLimits: Hashable, Sendable {
    /// Jobs of one priority that wait; beyond it askers are told to wait themselves.
    package var waiting = 1024
    /// Bytes of the messages of all open jobs.
    package var messageBytes = 64 << 20
    /// Bulk jobs that one worker has at a time.
    ///
    /// Always as many as the lower bound, so that it never waits for the next one, and up to the upper one while they
    /// are small.
    package var credits = 2...8
    /// Bytes that a worker should have ahead of it.
    package var bytesAhead = 8 << 20
    /// Interactive jobs that a worker may have besides.
    package var interactive = 8
    /// How often a job is given to another worker before its asker is told.
    package var requeues = 5
    /// Wrong answers after which a worker is replaced.
    package var wrongAnswers = 2
    /// How many workers say what they think of a piece before its asker is told.
    package var opinions = 3
    /// How long a worker that has jobs may say nothing; longer for a job that was silent before.
    package var silence = Duration.seconds(5)
    /// How long until a silent worker is replaced.
    package var replacement = Duration.seconds(30)
    /// How many times slower than the others a worker loses its job.
    package var slowness = 30.0
    /// Longest time of work between two checks of a worker.
    package var checkInterval = Duration.seconds(10)
    /// How long a worker that has other jobs, too, may take for a check.
    package var checkPatience = Duration.seconds(60)
    package var tasks = HashTaskLimits()

    package init() {}
}

/// The bounds of what is kept about tasks.
package struct HashTaskLimits: Hashable, Sendable {
    /// Tasks that wait or run; together with those that are over they fit one message.
    package var open = 1000
    /// Tasks that are over and still listed.
    package var over = 100
    /// How long a task may have no job before it counts as given up by its asker.
    package var quiet = Duration.seconds(15)
    /// How long further jobs of a cancelled task are refused.
    package var refusal = Duration.seconds(60)
    /// Least time between two events about one task, unless it ends.
    package var news = Duration.milliseconds(250)

    package init() {}
}
