import Foundation
import RunningSuite

/// An upload that stops before its last byte until the test lets it go on, however long the bytes before it take.
///
///     all but one byte ──▶ `nearly`: somebody reads ──▶ `finish`: somebody writes ──▶ the last byte
///
/// The three are named pipes; what the uploader sends comes out of `body` as it goes in.
struct HeldUpload: Sendable {
    private let file: String
    private let body: String
    private let nearly: String
    private let finishing: String

    init(of file: String, in scratch: ScratchFolder) async throws {
        self.file = file
        body = scratch("body")
        nearly = scratch("nearly")
        finishing = scratch("finish")
        guard try await run("mkfifo", [body, nearly, finishing]).code == 0 else { throw SuiteFailure("mkfifo failed") }
    }

    /// Runs to the end of the upload, and gives what the server answered.
    func post(to url: String) async throws -> CommandResult {
        let script = """
            (head -c -1 "$1"; echo > "$3"; cat "$4"; tail -c 1 "$1") > "$2" & curl -sS -F "file=@$2;filename=$5" "$6"
            """
        let name = URL(filePath: file).lastPathComponent
        return try await run("sh", ["-c", script, "sh", file, body, nearly, finishing, name, url])
    }

    /// Waits until the pipe to the uploader has taken all but the last byte.
    func isNearlyDone() async throws { _ = try await run("cat", [nearly]) }

    func finish() async throws { _ = try await run("sh", ["-c", ": > \"$1\"", "sh", finishing]) }
}
