import BitTorrentTypes
import NIOCore
import PeerWire

/// The stream of a peer means the same however the network cuts it, and what it means is taken by a connection.
///
///     byte 0: number of pieces     byte 1: where it is cut     the rest: the stream
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: size))
    guard bytes.count > 2 else { return 0 }
    let pieceCount = Int(bytes[0]) + 1
    let stream = Array(bytes.dropFirst(2))
    let whole = Events(of: [stream[...]], pieceCount: pieceCount)
    let step = Int(bytes[1] % 31) + 1
    let cuts = stride(from: 0, to: stream.count, by: step).map { stream[$0..<min($0 + step, stream.count)] }
    precondition(Events(of: cuts, pieceCount: pieceCount) == whole, "cut otherwise it means something else")
    return 0
}

/// What a stream decodes to; payload counted, because it comes in pieces of any size.
private struct Events: Equatable {
    var messages: [PeerFrameDecoder.Event] = []
    var payload: [UInt8] = []
    var fault: PeerFault?

    init(of reads: [ArraySlice<UInt8>], pieceCount: Int) {
        var decoder = PeerFrameDecoder(limits: PeerWireLimits(pieceCount: pieceCount))
        let layout = try? PieceLayout(totalLength: pieceCount * 32_768 - 5, pieceLength: 32_768)
        var state = layout.map { PeerConnectionState(layout: $0) }
        do throws(PeerFault) {
            for read in reads {
                var buffer = ByteBuffer(bytes: read)
                while let event = try decoder.next(from: &buffer) {
                    switch event {
                    case .payload(let bytes, _): payload += bytes.readableBytesView
                    case .message(let message):
                        messages.append(event)
                        _ = state?.received(message)
                    case .block:
                        messages.append(event)
                        state?.receivedBlock()
                    }
                }
            }
        } catch {
            fault = error
        }
    }
}
