/// What moved, since the engine was made.
///
/// - Units: bytes of payload.
package struct TransferCounters: Hashable, Sendable {
    /// Received, useful or not.
    package var downloaded = 0
    package var uploaded = 0
    /// Received and thrown away: twice, unasked, or discarded with its sender.
    package var wasted = 0
    /// Received in pieces that turned out bad; not part of `wasted`.
    package var hashFailed = 0

    package init() {}
}
