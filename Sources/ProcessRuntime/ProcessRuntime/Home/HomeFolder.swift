import Glibc

/// Where a suite keeps its files; one suite for each home.
///
///     config.yaml   run/launcher.pid   db/p2p.db   nodes/<n>/state.db   uploads/   downloads/   log/   keys/
///     sockets: run/, or /tmp/p2p-<uid>-<hash of the home> when run/ is too long for a socket's address
package struct HomeFolder: Hashable, Sendable {
    /// Absolute, without a slash at its end.
    package let path: String

    package init(absolutePath path: String) {
        precondition(path.hasPrefix("/"), "a home folder is absolute")
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// `--home`, else `P2P_HOME`, else `$XDG_DATA_HOME/p2p`, else `~/.local/share/p2p`.
    ///
    /// - Throws: ``HomeFolderError`` when nothing says where.
    package static func resolve(
        flag: String?,
        environment: [String: String],
        currentFolder: String = currentFolder()
    ) throws(HomeFolderError) -> HomeFolder {
        func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        if let chosen = filled(flag) ?? filled(environment["P2P_HOME"]) {
            return HomeFolder(absolutePath: chosen.hasPrefix("/") ? chosen : "\(currentFolder)/\(chosen)")
        }
        if let data = filled(environment["XDG_DATA_HOME"]), data.hasPrefix("/") {
            return HomeFolder(absolutePath: "\(data)/p2p")
        }
        guard let home = filled(environment["HOME"]), home.hasPrefix("/") else { throw .nowhere }
        return HomeFolder(absolutePath: "\(home)/.local/share/p2p")
    }

    package static func currentFolder() -> String {
        guard let buffer = getcwd(nil, 0) else { return "/" }
        defer { free(buffer) }
        return String(cString: buffer)
    }

    package var configFile: String { "\(path)/config.yaml" }
    package var run: String { "\(path)/run" }
    package var lockFile: String { "\(run)/launcher.pid" }
    package var database: String { "\(path)/db/p2p.db" }
    /// The tracker's snapshots of its swarms.
    package var swarms: String { "\(path)/db/swarms" }
    package var keys: String { "\(path)/keys" }
    package var log: String { "\(path)/log" }

    /// The folder of peer-node number `number`.
    package func node(_ number: Int) -> String { "\(path)/nodes/\(number)" }

    /// The log of a process: `log/peer-node-2.log`.
    package func logFile(_ process: String) -> String { "\(log)/\(process.replacing("/", with: "-")).log" }

    /// `folder` as a setting names it: absolute, or in the home folder.
    package func resolve(_ folder: String) -> String {
        folder.hasPrefix("/") ? folder : "\(path)/\(folder)"
    }
}

/// Why a home folder is of no use; one sentence for a person.
package enum HomeFolderError: Error, Hashable {
    case nowhere
    case cannotCreate(String, errno: Int32)
    case notWritable(String)
    /// Not a folder, or a link to one.
    case notAFolder(String)
    /// Belongs to somebody else, or others may enter.
    case exposed(String)
}

extension HomeFolderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nowhere:
            "cannot tell where to keep files, because HOME is not set; choose a folder with --home"
        case .cannotCreate(let path, let code):
            "cannot create \(path): \(String(cString: strerror(code))); choose another folder with --home"
        case .notWritable(let path): "cannot write to \(path); choose another folder with --home"
        case .notAFolder(let path): "\(path) is not a folder; move it away"
        case .exposed(let path): "\(path) must be yours alone; chown it or chmod 700 it"
        }
    }
}
