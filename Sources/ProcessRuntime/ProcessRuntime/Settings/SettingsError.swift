/// What is wrong with a setting, and where it stands; one line for a person.
package struct SettingsError: Error, Hashable {
    package enum Place: Hashable, Sendable {
        case file(path: String, line: Int?)
        case environment(name: String)
        case flag(String)
    }

    package enum Problem: Hashable, Sendable {
        case unknownKey(String)
        case badValue(key: String, text: String, expects: String)
        /// A value where further keys belong.
        case sectionExpected(String)
        /// Further keys, or a list, where a value belongs.
        case valueExpected(String)
        case keyTwice(String)
        /// A `--set` without `=`.
        case notAnAssignment(String)
        case notYAML(String)
        case file(String)
    }

    package let place: Place
    package let problem: Problem

    init(_ place: Place, _ problem: Problem) {
        self.place = place
        self.problem = problem
    }
}

extension SettingsError: CustomStringConvertible {
    package var description: String { "\(place): \(problem)" }
}

extension SettingsError.Place: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path, let line?): "\(path), line \(line)"
        case .file(let path, nil): path
        case .environment(let name): name
        case .flag(let text): "--set \(text)"
        }
    }
}

extension SettingsError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownKey(let key): "there is no key \(key); launcher --print-default-config lists them all"
        case .badValue(let key, let text, let expects): "\(key) is \"\(text.prefix(100))\" but must be \(expects)"
        case .sectionExpected(let key): "\(key) holds further keys, not a value"
        case .valueExpected(let key): "\(key) takes one value, not further keys"
        case .keyTwice(let key): "\(key) stands here a second time"
        case .notAnAssignment(let text): "\"\(text.prefix(100))\" is not of the form key=value"
        case .notYAML(let reason): "not YAML: \(reason)"
        case .file(let reason): reason
        }
    }
}
