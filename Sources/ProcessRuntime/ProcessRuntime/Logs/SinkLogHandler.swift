package import Logging

/// The log handler of every process: a level, metadata, and the sink.
struct SinkLogHandler: LogHandler {
    let label: String
    let sink: LogSink
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var facts: [String: String] = [:]
        for (key, value) in metadata { facts[key] = value.description }
        for (key, value) in event.metadata ?? [:] { facts[key] = value.description }
        if let error = event.error { facts[LogKey.error.rawValue] = "\(error)" }
        sink.write(level: event.level, label: label, message: event.message.description, metadata: facts)
    }
}

extension LogSink {
    /// A logger that writes here.
    package func logger(_ label: String, level: Settings.Log.Level) -> Logger {
        let level = Logger.Level(level)
        return Logger(label: label) { SinkLogHandler(label: $0, sink: self, logLevel: level) }
    }

    /// Makes every `Logger(label:)` of this process write here; once.
    package func bootstrap(level: Settings.Log.Level) {
        let level = Logger.Level(level)
        LoggingSystem.bootstrap { SinkLogHandler(label: $0, sink: self, logLevel: level) }
    }
}

extension Logger.Level {
    init(_ level: Settings.Log.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}
