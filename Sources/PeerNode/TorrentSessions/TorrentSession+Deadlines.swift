import BitTorrentTypes
import Foundation
import Metainfo
import PeerEngine

/// Files that a person wants by a certain time.
///
///     file by 12:00  ──►  its first 64 lacking pieces have that deadline  ──►  as they come, the next ones
///
/// The engine looks at every piece that has a deadline whenever it asks for blocks, so it gets a few at a time.
extension TorrentSession {
    private static let urgentAtOnce = 64

    /// How long until `file` is wanted, by its number; `nil` when it is all there, or wanted at no certain time.
    func deadlineSeconds(ofFile number: Int, isThere: Bool) -> Double? {
        guard !isThere else { return nil }
        return options.deadlines[number].map { $0 - Date.now.timeIntervalSince1970 }
    }

    /// Tells the engine which pieces are wanted first; called with each tick.
    func renewDeadlines() {
        guard !options.deadlines.isEmpty, engine?.isFinished == false else { return }
        urgent = urgent.filter { !verified.contains($0) }
        guard urgent.count <= Self.urgentAtOnce / 2 else { return }
        let unixNow = Date.now.timeIntervalSince1970
        for (number, by) in options.deadlines.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            for piece in pieces(ofFile: number) where !verified.contains(piece) && !urgent.contains(piece) {
                guard urgent.count < Self.urgentAtOnce else { return }
                urgent.insert(piece)
                // A clock that was set, or a wish of a century, must not overflow the engine's.
                let seconds = min(max(by - unixNow, -1e6), 1e8)
                engine?.setDeadline(piece, within: .seconds(seconds), at: now, into: &actions)
            }
        }
    }

    /// Takes the present wishes over.
    func deadlinesChanged() {
        for piece in urgent { engine?.setDeadline(piece, within: nil, at: now, into: &actions) }
        urgent = []
        renewDeadlines()
    }

    private func pieces(ofFile number: Int) -> [PieceIndex] {
        guard listedFiles.indices.contains(number), options.priority(ofFile: number) != .skip else { return [] }
        let (file, layout) = (metainfo.files[listedFiles[number]], metainfo.layout)
        guard file.length > 0 else { return [] }
        return (file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength)
            .compactMap(layout.piece)
    }
}
