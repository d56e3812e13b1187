import Testing

@testable import ControlCommands

@Suite struct `Arguments` {
    @Test(arguments: [
        ["nonsense"], ["create"], ["create", ""], ["create", "x", "--piece-length", "300KiB"],
        ["create", "x", "--piece-length"], ["create", "x", "--hybrid", "--v2"],
        ["create", "x", "--tracker", "ftp://x/a"],
        ["create", "x", "--tracker", "http://a/,"], ["create", "x", "--tracker", "http://a/,ftp://b/"],
        ["seed", "x", "--v2"], ["seed", "x.torrent", "--hybrid"], ["seed", "x.torrent", "--comment", "c"], ["recheck"],
        ["jobs", "cancel"], ["jobs", "cancel", "x"], ["jobs", "nonsense"],
        ["create", "x", "--tracker", "http://"], ["create", "x", "--web-seed", "nothing"], ["create", "x", "y"],
        ["add"], ["add", ""], ["add", "x", "--node", "0"], ["add", "x", "--peer", "host"],
        ["add", "x", "--peer", "h:0"],
        ["add", "x", "--peer", "h:65536"], ["add", "x", "--peer", ":1"], ["show"], ["show", ""],
        ["show", "x", "--node", "-1"], ["scale"], ["scale", "hasher-worker"], ["scale", "launcher=2"],
        ["scale", "peer-node=-1"], ["scale", "peer-node=+1"], ["scale", "peer-node=257"],
        ["scale", "peer-node=1", "peer-node=2"], ["restart", "peer-node"], ["restart", "peer-node/0"],
        ["restart", "launcher/1"], ["up", "--port", "65536"], ["up", "--set", "nothing"], ["up", "--set", "=x"],
        ["logs", "nobody"], ["logs", "-n", "-1"], ["events", "--topic", "weather"], ["seed", "x", "--data", "d"],
        ["configure", "x"], ["configure", "x", "--by", "2"], ["configure", "x", "--by", "2=soon"],
        ["configure", "x", "--connections", "0"], ["configure", "x", "--upload-slots", "-1"],
        ["configure", "x", "--super", "maybe"], ["seed", "x", "--queue", "up"], ["seed", "x", "--up", "fast"],
        ["add", "x", "--connections", "many"],
        ["remove"], ["bencode"], ["verify", "x"], ["list", "--unknown"], ["list", "--home"], ["list", "--home", ""],
    ])
    func `that make no sense are refused with the usage`(arguments: [String]) async {
        let run = await Recording.p2pctl(arguments: arguments)
        #expect(run.status == .usage)
        #expect(run.output.isEmpty)
        #expect(!run.errors.isEmpty)
    }

    @Test(arguments: [
        "up", "down", "status", "create", "inspect", "bencode", "magnet", "verify", "seed", "add", "download", "list",
        "show", "peers", "files", "trackers", "pause", "resume", "recheck", "announce", "remove", "ps", "scale",
        "restart",
        "logs", "events", "jobs", "configure",
    ])
    func `have help with an example`(command: String) async {
        let run = await Recording.p2pctl(command, "--help")
        #expect(run.status == .done)
        #expect(run.output.contains("p2pctl \(command)"))
        #expect(run.output.contains("EXAMPLE"))
    }

    @Test(arguments: [
        ["status"], ["list"], ["show", "abcd"], ["ps"], ["down"], ["events"], ["pause", "abcd"], ["recheck", "abcd"],
        ["jobs"], ["jobs", "cancel", "1"], ["remove", "abcd"],
        ["scale", "peer-node=2"], ["restart", "peer-node/1"], ["seed", "/etc/hostname"], ["add", "x.torrent"],
        ["configure", "abcd", "--by", "1,3-5=90s", "--by", "2=off"], ["configure", "abcd", "--super", "on"],
        ["configure", "abcd", "--connections", "40", "--upload-slots", "node"],
        [
            "seed", "/etc/hostname", "--super", "--paused", "--queue", "top", "--up", "2MiB", "--seed-ratio", "2",
            "--seed-time", "7d",
        ],
    ])
    func `find out that nothing runs`(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let run = await Recording.p2pctl(arguments: arguments, environment: ["P2P_HOME": folder.path])
        #expect(run.status == .notRunning)
        #expect(
            run.errors == "p2pctl: the suite is not running at \(folder.path); start it with: p2pctl up\n"
        )
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [
        (["--json", "ps"], ["ps", "--json"]),
        (["--json", "--home", "/a", "ps", "--home", "/b"], ["ps", "--json", "--home", "/a", "--home", "/b"]),
        (["--home=/a", "--no-progress", "show", "ab"], ["show", "--home=/a", "--no-progress", "ab"]),
        (["--home", "status"], ["--home", "status"]),
        (["--json"], ["--json"]), (["--json", "--help"], ["--help"]), (["--json", "help", "ps"], ["help", "ps"]),
        (["--json", "jobs", "cancel", "3"], ["jobs", "cancel", "--json", "3"]),
        (["--json", "jobs", "--watch"], ["jobs", "--json", "--watch"]), (["--json", "jobs"], ["jobs", "--json"]),
        (["ps", "--json"], ["ps", "--json"]), ([], []),
    ])
    func `that are global may stand before the command`(arguments: [String], moved: [String]) {
        #expect(GlobalOptions.behindCommand(arguments) == moved)
    }

    @Test func `a socket that a crash left behind counts as not running`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("run/control.sock", [])
        let run = await Recording.p2pctl("list", "--home", folder.path)
        #expect(run.status == .notRunning)
    }

    @Test func `of an unknown kind of home are told`() async {
        let run = await Recording.p2pctl("list", environment: ["HOME": ""])
        #expect(run.status == .failed)
        #expect(run.errors.hasPrefix("p2pctl: "))
    }

    @Test(arguments: [
        ("127.0.0.1:6881", "127.0.0.1", 6881), ("[::1]:1", "::1", 1), ("example.org:80", "example.org", 80),
    ])
    func `name peers`(text: String, host: String, port: UInt16) throws {
        #expect(try PeerOption.parse(text) == PeerOption(host: host, port: port))
    }
}

@Suite struct `Fetching a torrent` {
    @Test func `from nobody fails at once, in one sentence`() async {
        let run = await Recording.p2pctl("inspect", "http://127.0.0.1:1/x.torrent")
        #expect(run.status == .failed)
        #expect(run.errors.hasPrefix("p2pctl: http://127.0.0.1:1/x.torrent cannot be fetched"))
        #expect(run.errors.split(separator: "\n").count == 1)
    }
}
