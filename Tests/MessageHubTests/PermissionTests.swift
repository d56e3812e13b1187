import BusTransport
import Testing

@testable import MessageHub

@Suite struct `The table of permissions` {
    @Test(arguments: [
        (Role.control, "supervision.stop", true), (.control, "torrents.remove", true), (.control, "hashing.hash", true),
        (.control, "hashing.cancel", true), (.trackerAPI, "hashing.tasks", true), (.peerNode, "hashing.tasks", true),
        (.trackerAPI, "hashing.cancel", true), (.peerNode, "hashing.cancel", false),
        (.hasherWorker, "hashing.tasks", false), (.hasherWorker, "hashing.cancel", false),
        (.control, "session.hello", false), (.control, "no.such", false),
        (.trackerAPI, "hashing.hash", true), (.trackerAPI, "torrents.add", true), (.trackerAPI, "torrents.show", true),
        (.trackerAPI, "torrents.remove", true), (.trackerAPI, "torrents.configure", true),
        (.trackerAPI, "torrents.move", false), (.trackerAPI, "supervision.status", true),
        (.trackerAPI, "supervision.restart", false), (.trackerAPI, "supervision.scale", false),
        (.trackerAPI, "supervision.stop", false), (.trackerAPI, "catalogue.register", false),
        (.peerNode, "hashing.hash", true), (.peerNode, "catalogue.find", true),
        (.peerNode, "catalogue.register", false),
        (.peerNode, "supervision.restart", false), (.peerNode, "torrents.list", false),
        (.hasherWorker, "hashing.hash", false), (.hasherWorker, "catalogue.find", false),
        (.hasherWorker, "supervision.status", false), (.hasherWorker, "", false),
    ])
    func `say who may ask what`(role: Role, method: String, isAllowed: Bool) {
        #expect(Permissions.allow(role, method) == isAllowed)
    }

    @Test(arguments: Topic.allCases)
    func `let a hasher-worker publish log lines only`(topic: Topic) {
        #expect(Permissions.publish(.hasherWorker, topic) == (topic == .log))
        #expect(Permissions.publish(.control, topic) == false)
    }
}
