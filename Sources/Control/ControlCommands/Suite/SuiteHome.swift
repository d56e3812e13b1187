import ProcessRuntime

extension SuiteOptions {
    /// The home that the options or the environment name.
    func homeFolder() throws(CommandFailure) -> HomeFolder {
        do {
            return try HomeFolder.resolve(flag: home, environment: Console.current.environment)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}

extension HomeFolder {
    /// Fit for a terminal.
    var shown: String { DisplayText.escaped(path) }

    /// Where downloads go when nothing else is said.
    func downloadFolder() throws(CommandFailure) -> BytePath {
        do {
            let settings = try Settings.resolve(file: configFile, environment: Console.current.environment)
            return BytePath(resolve(settings.storage.downloads))
        } catch {
            throw CommandFailure("\(error); mend it, or choose a folder with --to")
        }
    }
}
