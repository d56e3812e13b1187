import DequeModule
import NIOCore

/// The last events, for clients that come back: bounded in number and in bytes.
struct EventRing: Sendable {
    private let maximumFrames: Int
    private let maximumBytes: Int
    private var frames: Deque<EventFrame> = []
    private var bytes = 0
    /// Of the last event.
    private(set) var last = 0

    init(maximumFrames: Int = 4096, maximumBytes: Int = 4 << 20) {
        self.maximumFrames = maximumFrames
        self.maximumBytes = maximumBytes
    }

    mutating func append(_ make: (_ number: Int) -> EventFrame) -> EventFrame {
        last += 1
        let frame = make(last)
        frames.append(frame)
        bytes += frame.bytes.readableBytes
        while frames.count > maximumFrames || bytes > maximumBytes, let oldest = frames.popFirst() {
            bytes -= oldest.bytes.readableBytes
        }
        return frame
    }

    /// What came after `number`; `nil` when some of it is gone, or `number` was never given.
    func after(_ number: Int) -> [EventFrame]? {
        guard number <= last, number >= last - frames.count, number >= 0 else { return nil }
        return Array(frames.suffix(last - number))
    }
}
