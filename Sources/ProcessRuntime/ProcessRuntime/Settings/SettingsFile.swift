import Glibc
import Yams

/// Reads `config.yaml`: small, a regular file, UTF-8, one mapping of known keys.
package enum SettingsFile {
    /// Bytes; a hundred times what anybody would write.
    static let maximumLength = 1024 * 1024

    /// The text of the file; `nil` when there is none.
    static func read(_ path: String) throws(SettingsError) -> String? {
        func problem(_ reason: String) -> SettingsError { SettingsError(.file(path: path, line: nil), .file(reason)) }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return nil }
            throw problem("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw problem("not a regular file")
        }
        guard status.st_size <= maximumLength else { throw problem("larger than \(maximumLength) bytes") }
        var bytes = [UInt8](repeating: 0, count: maximumLength + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw problem("cannot be read: \(String(cString: strerror(errno)))") }
            guard count > 0 else { break }
            filled += count
        }
        guard filled <= maximumLength else { throw problem("larger than \(maximumLength) bytes") }
        guard let text = String(validating: bytes[..<filled], as: UTF8.self) else { throw problem("not UTF-8") }
        return text
    }

    /// Why the file may be changed by somebody else, or `nil`: worth a warning, not a refusal.
    package static func exposure(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IWOTH != 0 else { return nil }
        return "\(path) can be written by everybody; chmod o-w it"
    }
}

extension Settings {
    mutating func apply(yaml text: String, path: String) throws(SettingsError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw SettingsError(.file(path: path, line: error.line), .notYAML(error.reason))
        }
        guard let root, root.scalar?.string.isEmpty != true else { return }
        guard let mapping = root.mapping else {
            throw SettingsError(.file(path: path, line: root.mark?.line), .notYAML("keys and values expected"))
        }
        var seen: Set<String> = []
        // Known sections are three deep, so unknown depth is never entered.
        try apply(mapping, under: "", path: path, seen: &seen)
    }

    private mutating func apply(
        _ mapping: Node.Mapping,
        under prefix: String,
        path: String,
        seen: inout Set<String>
    ) throws(SettingsError) {
        for (keyNode, node) in mapping {
            let place = SettingsError.Place.file(path: path, line: keyNode.mark?.line)
            guard let part = keyNode.scalar?.string else { throw SettingsError(place, .unknownKey("\(prefix)?")) }
            let name = prefix + part
            if let key = SettingKey.named(name) {
                guard let scalar = node.scalar else { throw SettingsError(place, .valueExpected(name)) }
                guard seen.insert(name).inserted else { throw SettingsError(place, .keyTwice(name)) }
                try set(key, scalar.string, at: place)
            } else if SettingKey.all.contains(where: { $0.name.hasPrefix("\(name).") }) {
                guard let inner = node.mapping else {
                    // A section with all its keys commented out is an empty value to YAML.
                    if node.scalar?.string.isEmpty == true { continue }
                    throw SettingsError(place, .sectionExpected(name))
                }
                try apply(inner, under: "\(name).", path: path, seen: &seen)
            } else {
                throw SettingsError(place, .unknownKey(name))
            }
        }
    }
}

extension Error {
    /// The line Yams complains about.
    fileprivate var line: Int? {
        switch self as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil: nil
        }
    }

    /// What Yams complains about, without the excerpt of the file.
    fileprivate var reason: String {
        switch self as? YamlError {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .reader(let problem, _, _, _): problem
        case .duplicatedKeysInMapping(let keys, _): "\(keys.joined(separator: ", ")) stands there twice"
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil: "\(self)"
        }
    }
}
