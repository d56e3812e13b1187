import ProcessRuntime

/// What a detached launcher says before it has a log of its own, or when it crashes.
struct LauncherLog: Sendable {
    let path: BytePath
    /// Bytes that earlier launchers left.
    private let start: Int

    /// Makes the folders when they are missing, so that the launcher can be heard at all.
    init(_ home: HomeFolder) throws(CommandFailure) {
        do {
            try HomeFolder.makeFolder(home.log, mode: 0o755)
        } catch {
            throw CommandFailure("\(error)")
        }
        path = BytePath(home.log).appending(Array("launcher.stderr".utf8))
        start = FileStamp(of: path, followingLinks: true)?.size ?? 0
    }

    /// The last line that this launcher wrote, without our name for it.
    func lastSentence() throws(CommandFailure) -> String? {
        let text = String(decoding: try InputFile.read(path).dropFirst(start), as: UTF8.self)
        guard let line = text.split(separator: "\n").last else { return nil }
        return line.hasPrefix("launcher: ") ? String(line.dropFirst("launcher: ".count)) : String(line)
    }
}
