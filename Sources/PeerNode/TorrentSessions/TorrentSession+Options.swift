import BitTorrentTypes
import Metainfo
import PeerEngine
import PieceStore

/// What a person chose of a torrent, and what follows from it.
extension TorrentSession {
    /// The files that people see, by their places in the metainfo: padding is none.
    var listedFiles: [Int] { metainfo.files.indices.filter { !metainfo.files[$0].isPadding } }

    /// Makes a change, now and for later runs; all of it or nothing.
    ///
    /// Throws a ``TorrentChangeError`` for what makes no sense, else why it cannot be recorded.
    func configure(_ change: TorrentChange) async throws {
        let before = options
        let new = try before.making(change, fileCount: listedFiles.count)
        guard new != before else { return }
        // Set before it is recorded, so that changes which come meanwhile build on it.
        options = new
        do {
            guard try await commit({ try $0.setOptions(new, $1) }) else { return }
        } catch {
            if options == new { options = before }
            throw error
        }
        apply(options, after: before)
        await reselect()
        publish()
    }

    /// The files, by their places in the metainfo, that are not to be downloaded.
    private var skippedFiles: Set<Int> {
        guard options.isSelective else { return [] }
        return Set(listedFiles.enumerated().filter { options.priority(ofFile: $0.offset) == .skip }.map(\.element))
    }

    /// Tells the disk which files are wanted; one that is wanted now gets its bytes that were kept aside, for which the
    /// torrent leaves the swarm for a moment.
    private func reselect() async {
        let skipped = skippedFiles
        guard skipped != files.skipped else { return }
        switch activity {
        case .running, .checking:
            leave()
            activity = .paused
            await settle()
            files.choose(skipping: skippedFiles)
            await start()
        case .paused, .failed, .closed:
            files.choose(skipping: skipped)
        }
    }

    /// As ``reselect()``, before the first start.
    func selectFiles() { files.choose(skipping: skippedFiles) }

    /// Puts new options into force.
    private func apply(_ options: TorrentOptions, after before: TorrentOptions) {
        if (options.downLimit, options.upLimit) != (before.downLimit, before.upLimit), engine != nil { limitsChanged() }
        engine?.order = pieceOrder
        if options.priorities != before.priorities {
            engine?.setPriorities(piecePriorities ?? allNormal, at: now, into: &actions)
        }
        if (options.connections, options.uploadSlots) != (before.connections, before.uploadSlots) {
            engine?.settings = engineSettings
            closeSurplus()
        }
        engine?.setSuperSeeding(options.isSuperSeeding, at: now, into: &actions)
        if options.deadlines != before.deadlines || options.priorities != before.priorities { deadlinesChanged() }
        stir()
        pump()
    }

    var pieceOrder: PieceOrder { options.isSequential ? .sequential : .rarestFirst }

    private var allNormal: [PiecePriority] { Array(repeating: .normal, count: metainfo.layout.pieceCount) }

    /// Each piece is wanted as much as the most wanted file that it has bytes of; `nil` when all are normal.
    var piecePriorities: [PiecePriority]? {
        guard !options.priorities.isEmpty else { return nil }
        let layout = metainfo.layout
        var priorities = [PiecePriority](repeating: .skip, count: layout.pieceCount)
        for (number, index) in listedFiles.enumerated() {
            let file = metainfo.files[index]
            guard file.length > 0 else { continue }
            let priority = PiecePriority(options.priority(ofFile: number))
            for place in file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength {
                priorities[place] = max(priorities[place], priority)
            }
        }
        return priorities
    }

    /// The bytes of the files that are wanted, and how many of them are verified.
    var wantedBytes: (total: Int, verified: Int) {
        guard options.isSelective else { return (metainfo.payloadLength, verifiedBytes) }
        var (total, done) = (0, 0)
        for (number, index) in listedFiles.enumerated() where options.priority(ofFile: number) != .skip {
            let file = metainfo.files[index]
            total += file.length
            done += verifiedBytes(of: file.offset..<file.offset + file.length)
        }
        return (total, done)
    }

    /// Whether nothing that is wanted is lacking.
    var hasAllWanted: Bool {
        if verified.isComplete { return true }
        if let engine { return engine.isFinished }
        guard options.isSelective else { return false }
        let (total, done) = wantedBytes
        return total == done
    }

    /// The pieces that have bytes of a wanted file.
    var wantedPieces: Bitfield {
        let layout = metainfo.layout
        guard options.isSelective else { return Bitfield(allOf: layout.pieceCount) }
        var wanted = Bitfield(pieceCount: layout.pieceCount)
        for (number, index) in listedFiles.enumerated() where options.priority(ofFile: number) != .skip {
            let file = metainfo.files[index]
            guard file.length > 0 else { continue }
            for place in file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength {
                if let piece = layout.piece(place) { wanted.insert(piece) }
            }
        }
        return wanted
    }
}

extension PiecePriority {
    fileprivate init(_ priority: FilePriority) {
        switch priority {
        case .skip: self = .skip
        case .low: self = .low
        case .normal: self = .normal
        case .high: self = .high
        }
    }
}
