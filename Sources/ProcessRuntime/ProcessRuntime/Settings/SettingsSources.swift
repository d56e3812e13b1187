extension Settings {
    /// The settings in force: flag, then environment, then file, then default.
    ///
    /// `flags` are the texts of `--set`, later ones win. A file that does not exist leaves the defaults.
    ///
    /// - Throws: ``SettingsError`` about the first thing that is wrong.
    package static func resolve(
        file: String,
        environment: [String: String],
        flags: [String] = []
    ) throws(SettingsError) -> Settings {
        var settings = Settings()
        if let text = try SettingsFile.read(file) {
            try settings.apply(yaml: text, path: file)
        }
        try settings.apply(environment: environment)
        for flag in flags { try settings.apply(flag: flag) }
        return settings
    }

    /// Every key as environment variable, so that a child process has the same settings whatever the file becomes.
    package var environment: [String: String] {
        Dictionary(uniqueKeysWithValues: SettingKey.all.map { ($0.environmentName, $0.text(self)) })
    }

    mutating func apply(environment: [String: String]) throws(SettingsError) {
        for key in SettingKey.all {
            guard let text = environment[key.environmentName] else { continue }
            try set(key, text, at: .environment(name: key.environmentName))
        }
    }

    /// Takes one `--set key=value`.
    mutating func apply(flag: String) throws(SettingsError) {
        guard let equals = flag.firstIndex(of: "=") else {
            throw SettingsError(.flag(flag), .notAnAssignment(flag))
        }
        let name = String(flag[..<equals])
        guard let key = SettingKey.named(name) else { throw SettingsError(.flag(flag), .unknownKey(name)) }
        try set(key, String(flag[flag.index(after: equals)...]), at: .flag(flag))
    }

    mutating func set(_ key: SettingKey, _ text: String, at place: SettingsError.Place) throws(SettingsError) {
        guard key.assign(&self, text) else {
            throw SettingsError(place, .badValue(key: key.name, text: text, expects: key.expects))
        }
    }
}
