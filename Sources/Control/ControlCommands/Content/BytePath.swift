import Glibc

/// A path as the system sees it: bytes, not necessarily UTF-8.
struct BytePath: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// `text` made absolute from the current folder.
    static func absolute(_ text: String) throws(CommandFailure) -> BytePath {
        let path = BytePath(text)
        guard !path.bytes.isEmpty else { throw CommandFailure(.usage, "a path is empty; name a file or a folder") }
        return (path.bytes.first == slash ? path : try currentFolder().appending(path.bytes)).tidied
    }

    /// The same path without `.` and doubled slashes; `..` stays, since links decide what it means.
    private var tidied: BytePath {
        let components = bytes.split(separator: Self.slash).filter { !$0.elementsEqual(".".utf8) }
        return BytePath([Self.slash] + components.joined(separator: [Self.slash]))
    }

    static func currentFolder() throws(CommandFailure) -> BytePath {
        guard let text = getcwd(nil, 0) else {
            throw CommandFailure(
                "the current folder cannot be found: \(SystemError.text(errno)); change to another one"
            )
        }
        defer { free(text) }
        return BytePath(withoutNUL(text))
    }

    /// The same place without `.`, `..` and symbolic links; `nil` when there is none, with `errno` set.
    var resolved: BytePath? {
        guard let text = withCString({ realpath($0, nil) }) else { return nil }
        defer { free(text) }
        return BytePath(Self.withoutNUL(text))
    }

    /// Without slashes at the end.
    var withoutTrailingSlashes: BytePath {
        var end = bytes.count
        while end > 1, bytes[end - 1] == Self.slash { end -= 1 }
        return BytePath(Array(bytes[..<end]))
    }

    var lastComponent: [UInt8] {
        let path = withoutTrailingSlashes.bytes
        return Array(path[((path.lastIndex(of: Self.slash) ?? -1) + 1)...])
    }

    /// The folder that holds it; the root's is the root.
    var parent: BytePath {
        let path = withoutTrailingSlashes.bytes
        guard let cut = path.lastIndex(of: Self.slash) else { return BytePath(".") }
        return BytePath(Array(path[..<max(cut, 1)]))
    }

    func appending(_ component: [UInt8]) -> BytePath {
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count + 1 + component.count)
        joined += bytes
        if bytes.last != Self.slash { joined.append(Self.slash) }
        joined += component
        return BytePath(joined)
    }

    func appending(_ components: [[UInt8]]) -> BytePath {
        components.reduce(self) { $0.appending($1) }
    }

    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                guard let start = text.baseAddress else { preconditionFailure("a C string has at least its end") }
                return body(start)
            }
        }
    }

    private static let slash = UInt8(ascii: "/")

    private static func withoutNUL(_ text: UnsafePointer<CChar>) -> [UInt8] {
        UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
    }
}

extension BytePath: CustomStringConvertible {
    /// Fit for a terminal.
    var description: String { DisplayText.escaped(bytes) }
}
