import BusTransport
import Glibc
import Testing

@testable import ProcessRuntime

@Suite struct `Home folder` {
    @Test(arguments: [
        ("/flag/", ["P2P_HOME": "/env", "HOME": "/me"], "/flag"),
        ("rel", ["HOME": "/me"], "/here/rel"),
        (nil, ["P2P_HOME": "/env", "HOME": "/me"], "/env"),
        ("", ["P2P_HOME": "", "XDG_DATA_HOME": "/data", "HOME": "/me"], "/data/p2p"),
        (nil, ["XDG_DATA_HOME": "relative", "HOME": "/me"], "/me/.local/share/p2p"),
    ])
    func `is where flag, environment or custom say`(flag: String?, environment: [String: String], path: String) throws {
        #expect(try HomeFolder.resolve(flag: flag, environment: environment, currentFolder: "/here").path == path)
    }

    @Test func `is nowhere without HOME`() {
        let error = #expect(throws: HomeFolderError.self) { try HomeFolder.resolve(flag: nil, environment: [:]) }
        #expect(
            error?.description
                == "cannot tell where to keep files, because HOME is not set; choose a folder with --home"
        )
    }

    @Test func `is made with private folders for sockets and keys`() throws {
        try TemporaryFolder.with { folder in
            let home = HomeFolder(absolutePath: "\(folder.path)/a/b")
            try home.create()
            try home.create()
            for path in [home.run, home.keys] {
                var status = stat()
                #expect(stat(path, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o700)
            }
            #expect(access("\(home.path)/downloads", W_OK) == 0)
        }
    }

    @Test func `is refused when others could reach its sockets`() throws {
        try TemporaryFolder.with { folder in
            let home = HomeFolder(absolutePath: folder.path)
            try home.create()
            chmod(home.run, 0o777)
            #expect(throws: HomeFolderError.exposed(home.run)) { try home.create() }
            rmdir(home.run)
            #expect(symlink("/tmp", home.run) == 0)
            #expect(throws: HomeFolderError.notAFolder(home.run)) { try home.create() }
        }
    }

    @Test func `is refused where a file stands in the way`() throws {
        try TemporaryFolder.with { folder in
            let file = try folder.write([], to: "file")
            #expect(throws: HomeFolderError.notAFolder(file)) { try HomeFolder(absolutePath: "\(file)/home").create() }
        }
    }

    @Test func `keeps its sockets under tmp when its own path is too long`() {
        let long = HomeFolder(absolutePath: "/" + String(repeating: "x", count: 200))
        #expect(long.socketFolder.hasPrefix("/tmp/p2p-\(geteuid())-"))
        #expect(long.socketFolder == HomeFolder(absolutePath: long.path).socketFolder)
        #expect(HomeFolder(absolutePath: "/h").eventsInSocket == "/h/run/events-in.sock")
        #expect(long.eventsInSocket.utf8.count < 100)
    }
}

@Suite struct `Instance lock` {
    @Test func `is held by one and names its pid to the other`() throws {
        try TemporaryFolder.with { folder in
            let path = "\(folder.path)/launcher.pid"
            do {
                let lock = try InstanceLock.acquire(path)
                let error = #expect(throws: InstanceLockError.self) { try InstanceLock.acquire(path) }
                #expect(error?.description == "already running as pid \(getpid()) (\(path))")
                #expect(InstanceLock.holder(path) == getpid())
                withExtendedLifetime(lock) {}
            }
            #expect(access(path, F_OK) != 0)
            #expect(InstanceLock.holder(path) == nil)
        }
    }

    @Test func `does not mind a file that a dead process left`() throws {
        try TemporaryFolder.with { folder in
            let path = try folder.write("12345\n".utf8, to: "launcher.pid")
            let lock = try InstanceLock.acquire(path)
            #expect(folder.read("launcher.pid") == "\(getpid())\n")
            withExtendedLifetime(lock) {}
        }
    }
}

@Suite struct `Launch ticket` {
    @Test func `arrives as it was sent`() throws {
        let ticket = LaunchTicket(
            name: ProcessName(role: .peerNode, number: 2),
            epoch: 3,
            token: [0, 15, 255],
            launcherPID: 77,
            home: HomeFolder(absolutePath: "/h")
        )
        #expect(try LaunchTicket(environment: ticket.environment) == ticket)
        #expect(ticket.environment["P2P_BUS_TOKEN"] == "000fff")
        #expect(ticket.environment["P2P_BUS_HUB"] == "ipc:///h/run/hub.sock")
    }

    @Test func `is missed by who was started by hand`() {
        let error = #expect(throws: LaunchTicketError.self) { try LaunchTicket(environment: [:]) }
        #expect(
            error?.description
                == "this program is started by the launcher (P2P_PROCESS_NAME is not set); run: p2pctl up"
        )
    }
}
