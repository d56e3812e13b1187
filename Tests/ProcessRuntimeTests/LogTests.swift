import BusServices
import Logging
import Synchronization
import Testing

@testable import ProcessRuntime

@Suite struct `Log` {
    @Test func `is a JSON object a line, with facts`() throws {
        try TemporaryFolder.with { folder in
            let sink = try LogSink(path: "\(folder.path)/x.log")
            let logger = sink.logger("peer-node/1", level: .info)
            logger.info("said \"hi\"\n", metadata: .facts([.pid: 7, .reason: "\u{1b}[31m"]))
            logger.debug("not this")
            let line = try #require(folder.read("x.log"))
            #expect(line.hasPrefix("{\"ts\":\"2"))
            #expect(
                line.hasSuffix(
                    #""level":"info","label":"peer-node/1","message":"said \"hi\"\n","#
                        + #""metadata":{"pid":"7","reason":"\u001b[31m"}}"# + "\n"
                )
            )
        }
    }

    @Test func `is told to a listener from info on, but not about the bus`() throws {
        let sink = try LogSink(path: nil)
        let heard = Mutex<[String]>([])
        sink.listen { line in heard.withLock { $0.append("\(line.level) \(line.message)") } }
        let logger = sink.logger("a", level: .trace)
        logger.debug("one")
        logger.info("two")
        sink.logger("bus.zeromq", level: .trace).warning("three")
        #expect(heard.withLock { $0 } == ["info two"])
    }

    @Test func `is set aside when it is long, three files in all`() throws {
        try TemporaryFolder.with { folder in
            let file = try LogFile("\(folder.path)/x.log", maximumLength: 10)
            for number in 0..<5 { file.append(Array("line-\(number)\n".utf8)) }
            #expect(folder.read("x.log") == "line-4\n")
            #expect(folder.read("x.log.1") == "line-3\n")
            #expect(folder.read("x.log.2") == "line-2\n")
            #expect(folder.read("x.log.3") == nil)
        }
    }

    @Test func `writes moments as RFC 3339`() {
        #expect(Timestamp.text(seconds: 951_782_400, milliseconds: 5) == "2000-02-29T00:00:00.005Z")
    }
}

@Suite struct `Stop request` {
    @Test func `reaches who waits before and after it`() async {
        let stop = StopRequest()
        async let early = stop.wait()
        #expect(stop.request(.signal(15)))
        #expect(!stop.request(.asked))
        #expect(await early == .signal(15))
        #expect(await stop.wait() == .signal(15))
        #expect(stop.reason == .signal(15))
    }

    @Test func `lets a cancelled task go`() async {
        let stop = StopRequest()
        let task = Task { await stop.wait() }
        task.cancel()
        #expect(await task.value == nil)
    }
}
