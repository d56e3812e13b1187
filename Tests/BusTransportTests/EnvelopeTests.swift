import BusTransport
import Testing

@Suite struct `The envelope` {
    /// A request number 5 of this version, as field numbers and values.
    let valid: [UInt8] = [8, 1, 16, 1, 24, 5]

    @Test func `says what it said before it was written`() throws {
        var envelope = Envelope(.request, correlation: 1 << 63)
        envelope.method = "hashing.hash"
        envelope.destination = .process(ProcessName(role: .peerNode, number: 2))
        envelope.source = "tracker-api/1"
        envelope.epoch = 7
        envelope.deadline = .milliseconds(1500)
        #expect(try Envelope(envelope.bytes) == envelope)
        var fault = Envelope(.reply, correlation: 3)
        fault.fault = BusFault(.overloaded, "später")
        #expect(try Envelope(fault.bytes) == fault)
    }

    @Test func `a valid one of three fields is read`() throws {
        #expect(try Envelope(valid) == Envelope(.request, correlation: 5))
    }

    @Test func `unknown fields are left alone`() throws {
        // Field 100 as a number, as bytes, and as a group.
        for extra in [[0xA0, 6, 1], [0xA2, 6, 1, 9], [0xA3, 6, 0xA4, 6]] as [[UInt8]] {
            #expect(try Envelope(valid + extra) == Envelope(.request, correlation: 5))
        }
    }

    @Test(arguments: [
        ([], EnvelopeError.version(0, correlation: 0)),
        // The version as bytes, not as a number.
        ([10, 1, 1], .version(0, correlation: 0)),
        ([8, 2, 16, 1, 24, 5], .version(2, correlation: 5)),
        ([8, 1, 16, 0], .unknownKind(0)),
        ([8, 1, 16, 6], .unknownKind(6)),
        ([8, 1, 16, 1, 42, 3, 0x61, 0x2F, 0x62], .unknownDestination("a/b")),
        ([8, 1, 16, 2, 74, 2, 8, 77], .unknownFault(77)),
        ([8, 1, 16, 2, 74, 0], .unknownFault(0)),
        ([8, 1, 16, 1, 34, 65] + [UInt8](repeating: 0x61, count: 65), .longMethod(bytes: 65)),
    ])
    func `what it must not be is named`(bytes: [UInt8], error: EnvelopeError) {
        #expect(throws: error) { try Envelope(bytes) }
    }

    @Test(
        arguments: [
            [8], [8, 1, 16], [8, 1, 34, 200, 1, 0x61],
            // A varint of eleven bytes.
            [8] + [UInt8](repeating: 0xFF, count: 10) + [1],
            // Field 0; a wire type that does not exist; a group that nothing opened.
            [0, 1], [15], [12],
            // A method that is not UTF-8.
            [8, 1, 34, 2, 0xC3, 0x28],
            // Groups, 1,000 deep, in a field that is unknown.
            (0..<1000).flatMap { _ in [0xA3, 6] as [UInt8] },
        ] as [[UInt8]]
    )
    func `bytes that are no message are refused`(bytes: [UInt8]) {
        let error = #expect(throws: EnvelopeError.self) { try Envelope(bytes) }
        guard case .unreadable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `one over the limit is refused`() {
        let error = #expect(throws: EnvelopeError.self) {
            try Envelope([UInt8](repeating: 0, count: BusLimits.messageBytes + 1))
        }
        guard case .unreadable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `any thousand bytes are read or refused, never a trap`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try? Envelope(bytes)
            _ = try? EventHeader(bytes)
        }
    }

    @Test(arguments: [
        (Duration.zero, UInt32(0)), (.seconds(-1), 0), (.milliseconds(1), 1), (.microseconds(1), 1),
        (.seconds(4_294_967), 4_294_967_000), (.seconds(5_000_000), .max), (.seconds(Int64.max), .max),
    ])
    func `a duration in milliseconds is rounded up and held`(duration: Duration, milliseconds: UInt32) {
        #expect(duration.milliseconds == milliseconds)
    }
}

@Suite struct `Names of processes` {
    @Test(arguments: [
        "", "/", "peer-node/", "peer-node/0", "peer-node/01", "peer-node/-1", "peer-node/+1", "x/1", "peer-node/1/2",
        "peer-node/٣",
    ])
    func `that are none are refused`(text: String) {
        #expect(ProcessName(text) == nil)
        #expect(Destination(text) == nil)
    }

    @Test(arguments: ["launcher", "peer-node", "peer-node/12", "hasher-worker/1"])
    func `of destinations read back as they were`(text: String) {
        #expect(Destination(text)?.description == text)
    }
}
