/// A stream's elements, and `nil` whenever nothing came for a while.
///
/// The stream is subscribed to when this is made, not when it is first read.
struct Ticking<Element: Sendable>: Sendable {
    let elements: AsyncStream<Element?>

    init(_ source: some AsyncSequence<Element, Never> & Sendable, every interval: Duration) {
        let (elements, continuation) = AsyncStream.makeStream(
            of: Element?.self,
            bufferingPolicy: .bufferingNewest(1024)
        )
        self.elements = elements
        let forwarding = Task {
            for await element in source { continuation.yield(element) }
            continuation.finish()
        }
        let ticking = Task {
            do {
                while true {
                    try await Task.sleep(for: interval)
                    continuation.yield(nil)
                }
            } catch {
                // Cancelled: nobody listens any more.
                return
            }
        }
        continuation.onTermination = { _ in
            forwarding.cancel()
            ticking.cancel()
        }
    }
}
