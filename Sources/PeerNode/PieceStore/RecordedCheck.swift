/// A check of the files that is not over: what the next run goes on with.
package struct RecordedCheck: Hashable, Sendable {
    /// The pieces that are still to be looked at, as a bitfield in wire form.
    package var unchecked: [UInt8]
    /// Those that were verified when the check began, in wire form; `nil` when nobody asks what is lost.
    package var before: [UInt8]?
    /// Whether a person asked for it, who is then content to have what is bad fetched again; a check of the node's own
    /// that finds verified pieces changed stops the torrent instead.
    package var isAsked: Bool
    /// What there was to hash when the check began; 0 before that is known.
    package var bytesTotal: Int
    /// Paused together with its torrent, and to go on when that is resumed.
    package var isHalted: Bool

    package init(
        unchecked: [UInt8],
        before: [UInt8]? = nil,
        isAsked: Bool = false,
        bytesTotal: Int = 0,
        isHalted: Bool = false
    ) {
        self.unchecked = unchecked
        self.before = before
        self.isAsked = isAsked
        self.bytesTotal = bytesTotal
        self.isHalted = isHalted
    }
}
