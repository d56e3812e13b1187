import PeerWire

/// What an extension handshake says is within its bounds, and is said again when it is written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard let handshake = ExtensionHandshake(payload: bytes) else { return 0 }
    precondition((handshake.requestQueueLength ?? 1) >= 1, "no queue of no requests")
    precondition((handshake.client?.count ?? 0) <= 64, "a short name")
    precondition((handshake.metadataSize ?? 1) > 0, "a size that can be")
    guard let again = ExtensionHandshake(payload: handshake.payload) else {
        fatalError("what was written is no dictionary")
    }
    precondition(again == handshake, "what was written reads otherwise")
    return 0
}
