import PeerWire
import Testing

@Suite struct `An extension message` {
    private func peer(_ name: String, _ id: UInt8) -> ExtensionHandshake {
        var handshake = ExtensionHandshake()
        handshake.extensions = [Array(name.utf8): id]
        return handshake
    }

    @Test func `goes out under the id that the peer named`() {
        let lost = ExtensionMessage.doNotHave(0x0102_0304)
        #expect(lost.message(to: peer("lt_donthave", 77)) == .extended(id: 77, payload: [1, 2, 3, 4]))
        #expect(ExtensionMessage.uploadOnly(true).message(to: peer("upload_only", 9)) == .extended(id: 9, payload: [1]))
    }

    @Test func `is not sent to a peer that does not know it or has switched it off`() {
        #expect(ExtensionMessage.uploadOnly(true).message(to: nil) == nil)
        #expect(ExtensionMessage.uploadOnly(true).message(to: peer("lt_donthave", 9)) == nil)
        #expect(ExtensionMessage.uploadOnly(true).message(to: peer("upload_only", 0)) == nil)
    }

    @Test(arguments: [ExtensionMessage.uploadOnly(true), .uploadOnly(false), .doNotHave(0), .doNotHave(.max)])
    func `comes in under the id that we offered`(sent: ExtensionMessage) throws {
        var ours = ExtensionHandshake()
        ours.extensions = ExtensionMessage.offered
        guard case .extended(let id, let payload)? = sent.message(to: ours) else {
            Issue.record("not offered")
            return
        }
        #expect(id != 0)
        #expect(ExtensionMessage(id: id, payload: payload) == sent)
    }

    @Test(
        arguments: [(2, []), (2, [1, 1]), (3, []), (3, [0, 0, 1]), (3, [0, 0, 0, 0, 1]), (200, [1])]
            as [(UInt8, [UInt8])]
    )
    func `of a wrong length or an unknown id says nothing`(id: UInt8, payload: [UInt8]) {
        #expect(ExtensionMessage(id: id, payload: payload) == nil)
    }

    @Test func `a later handshake changes what it mentions and nothing else`() {
        var handshake = peer("lt_donthave", 7)
        handshake.requestQueueLength = 500
        handshake.client = Array("x".utf8)
        var later = peer("lt_donthave", 0)
        later.isUploadOnly = true
        handshake.update(with: later)
        #expect(handshake.extensions == [Array("lt_donthave".utf8): 0])
        #expect(handshake.requestQueueLength == 500 && handshake.client == Array("x".utf8))
        #expect(handshake.isUploadOnly == true)
        handshake.update(with: ExtensionHandshake(payload: Array("d11:upload_onlyi0ee".utf8)) ?? later)
        #expect(handshake.isUploadOnly == false)
    }
}
