import Glibc
import Testing

@testable import ProcessRuntime

@Suite struct `Settings file` {
    private func settings(_ yaml: String) throws -> Settings {
        var settings = Settings()
        try settings.apply(yaml: yaml, path: "c.yaml")
        return settings
    }

    @Test(arguments: [
        (
            "trackr:\n  mode: open",
            "c.yaml, line 1: there is no key trackr; launcher --print-default-config lists them all"
        ),
        (
            "log:\n  level: info\ntracker:\n  http:\n    prot: 1",
            "c.yaml, line 5: there is no key tracker.http.prot; launcher --print-default-config lists them all"
        ),
        (
            "tracker:\n  http:\n    port: 65536",
            "c.yaml, line 3: tracker.http.port is \"65536\" but must be a whole number from 0 to 65535"
        ),
        (
            "tracker:\n  http:\n    port: -1",
            "c.yaml, line 3: tracker.http.port is \"-1\" but must be a whole number from 0 to 65535"
        ),
        (
            "tracker:\n  http:\n    port: 8e3",
            "c.yaml, line 3: tracker.http.port is \"8e3\" but must be a whole number from 0 to 65535"
        ),
        (
            "tracker:\n  interval: 59",
            "c.yaml, line 2: tracker.interval is \"59\" but must be a whole number of seconds from 60 to 86400"
        ),
        ("tracker:\n  mode: shut", "c.yaml, line 2: tracker.mode is \"shut\" but must be one of open, listed, private"),
        (
            "hasher:\n  workers: many",
            "c.yaml, line 2: hasher.workers is \"many\" but must be auto or a whole number from 0 to 256"
        ),
        (
            "tracker:\n  http:\n    host: 0.0.0.0",
            "c.yaml, line 3: tracker.http.host is \"0.0.0.0\" but must be 127.0.0.1, ::1 or another loopback address, "
                + "since nobody has to log in; let others in by a proxy that asks"
        ),
        (
            "peer:\n  listen:\n    host: example.org",
            "c.yaml, line 3: peer.listen.host is \"example.org\" but must be one or several different IPv4 or IPv6 addresses with commas between them"
        ),
        (
            "storage:\n  downloads: ~/x",
            "c.yaml, line 2: storage.downloads is \"~/x\" but must be a folder, written out (~ is not expanded)"
        ),
        ("tracker: 5", "c.yaml, line 1: tracker holds further keys, not a value"),
        ("tracker:\n  mode:\n    open: 1", "c.yaml, line 2: tracker.mode takes one value, not further keys"),
        ("tracker:\n  mode: [open]", "c.yaml, line 2: tracker.mode takes one value, not further keys"),
        ("log:\n  level: info\nlog.level: debug", "c.yaml, line 3: log.level stands here a second time"),
        ("- tracker", "c.yaml, line 1: not YAML: keys and values expected"),
        ("tracker:\n\tmode: open", "c.yaml, line 2: not YAML: found character that cannot start any token"),
    ])
    func `is refused with key, value and line`(yaml: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try settings(yaml) }
        #expect(error?.description == message)
    }

    @Test(arguments: ["", "# nothing\n", "tracker:\n", "{}", "---\n"])
    func `that says nothing means the defaults`(yaml: String) throws {
        #expect(try settings(yaml) == Settings())
    }

    @Test func `sets what it names`() throws {
        let settings = try settings("tracker:\n  http:\n    port: \"0\"\nhasher: {workers: 3}\npeer.nodes: 4")
        #expect(settings.tracker.http.port == 0)
        #expect(settings.hasher.workers == 3)
        #expect(settings.peer.nodes == 4)
    }

    @Test func `must be a small regular file of UTF-8`() throws {
        try TemporaryFolder.with { folder in
            func message(_ path: String) -> String? {
                #expect(throws: SettingsError.self) { try SettingsFile.read(path) }?.description
            }
            #expect(message(folder.path) == "\(folder.path): not a regular file")
            #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
            #expect(message("\(folder.path)/pipe") == "\(folder.path)/pipe: not a regular file")
            let latin = try folder.write([0x61, 0xe9], to: "latin")
            #expect(message(latin) == "\(latin): not UTF-8")
            let large = try folder.write([], to: "large")
            #expect(truncate(large, 100 << 20) == 0)
            #expect(message(large) == "\(large): larger than 1048576 bytes")
            #expect(try SettingsFile.read("\(folder.path)/none") == nil)
        }
    }
}

@Suite struct `Settings sources` {
    @Test func `win in the order flag, environment, file, default`() throws {
        try TemporaryFolder.with { folder in
            let file = try folder.write(
                "peer:\n  nodes: 2\ntracker:\n  interval: 120\nhasher:\n  workers: 5".utf8,
                to: "c.yaml"
            )
            let settings = try Settings.resolve(
                file: file,
                environment: ["P2P_PEER_NODES": "3", "P2P_TRACKER_INTERVAL": "180", "P2P_HOME": "/x"],
                flags: ["peer.nodes=4", "peer.nodes=6"]
            )
            #expect(settings.peer.nodes == 6)
            #expect(settings.tracker.interval == .seconds(180))
            #expect(settings.hasher.workers == 5)
            #expect(settings.tracker.http.port == 8000)
        }
    }

    @Test(arguments: [
        ("peer.nodes", "--set peer.nodes: \"peer.nodes\" is not of the form key=value"),
        (
            "peer.knots=1",
            "--set peer.knots=1: there is no key peer.knots; launcher --print-default-config lists them all"
        ),
        ("peer.nodes=", "--set peer.nodes=: peer.nodes is \"\" but must be a whole number from 0 to 64"),
    ])
    func `refuse a flag by its text`(flag: String, message: String) {
        var settings = Settings()
        let error = #expect(throws: SettingsError.self) { try settings.apply(flag: flag) }
        #expect(error?.description == message)
    }

    @Test func `refuse an environment variable by its name`() {
        var settings = Settings()
        let error = #expect(throws: SettingsError.self) { try settings.apply(environment: ["P2P_PEER_NODES": "x"]) }
        #expect(
            error?.description == "P2P_PEER_NODES: peer.nodes is \"x\" but must be a whole number from 0 to 64"
        )
    }

    @Test func `travel to a child in the environment`() throws {
        var settings = Settings()
        settings.tracker.http.port = 0
        settings.hasher.workers = 9
        settings.log.level = .trace
        var copy = Settings()
        try copy.apply(environment: settings.environment)
        #expect(copy == settings)
    }
}

@Suite struct `Default configuration` {
    @Test func `parses back to the defaults, with every key in it`() throws {
        var settings = Settings()
        settings.peer.nodes = 7
        settings.tracker.mode = .listed
        settings.storage.uploads = "elsewhere"
        try settings.apply(yaml: DefaultConfiguration.text, path: "c.yaml")
        #expect(settings == Settings())
        for key in SettingKey.all {
            let last = key.name.split(separator: ".").last ?? ""
            #expect(DefaultConfiguration.text.contains("\(last): "), "\(key.name)")
        }
    }

    @Test func `is what deploy holds`() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        #expect(try SettingsFile.read("\(root)/deploy/config.yaml") == DefaultConfiguration.text)
    }

    @Test func `is written once and never over a file`() throws {
        try TemporaryFolder.with { folder in
            let path = "\(folder.path)/config.yaml"
            try DefaultConfiguration.writeIfMissing(to: path)
            #expect(folder.read("config.yaml") == DefaultConfiguration.text)
            _ = try folder.write("mine".utf8, to: "config.yaml")
            try DefaultConfiguration.writeIfMissing(to: path)
            #expect(folder.read("config.yaml") == "mine")
        }
    }
}
