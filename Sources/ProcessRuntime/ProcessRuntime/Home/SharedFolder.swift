import Glibc

/// Files that belong to the programs and are the same for every home: `share/p2p` beside or above their folder.
///
///     /usr/local/bin/tracker-api        .build/<target>/release/tracker-api
///     /usr/local/share/p2p/swagger-ui   .build/share/p2p/swagger-ui
package enum SharedFolder {
    /// How far above the program is looked.
    private static let levels = 4

    /// The folder `name`; `nil` when it is not installed.
    package static func path(_ name: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        guard count > 0 else { return nil }
        var folder = bytes[..<count].map { UInt8(bitPattern: $0) }[...]
        for _ in 0..<levels {
            guard let slash = folder.lastIndex(of: UInt8(ascii: "/")) else { return nil }
            folder = folder[..<slash]
            guard let program = String(validating: folder, as: UTF8.self) else { return nil }
            let path = "\(program)/share/p2p/\(name)"
            if access(path, R_OK | X_OK) == 0 { return path }
        }
        return nil
    }
}
