import Dispatch
import Metainfo
import Synchronization

/// Looks at the files of all torrents that run, some at a time, so that what others do to them is noticed.
///
///     every torrent's file or folder     in 5 seconds
///     every file in a folder             in 20 seconds, at most 2,000 of them in one
///
/// A look is one `lstat` on a thread of its own, so that a disk that does not answer holds up nothing else.
package final class FileWatch: Sendable {
    /// Told what a look found, on the thread of the watch; the torrent is not watched any more then.
    package typealias Report = @Sendable (StoreError) -> Void

    private struct Watched {
        let files: TorrentFiles
        let report: Report
    }

    private struct State {
        var torrents: [Watched] = []
        var known: Set<ObjectIdentifier> = []
        var nextRoot = 0
        var nextTorrent = 0
        var nextFile = 0
        var timer: (any DispatchSourceTimer)?
    }

    private static let rootRound = 5
    private static let fileRound = 20
    private static let filesAtOnce = 2000

    private let interval: DispatchTimeInterval
    private let queue = DispatchQueue(label: "file-watch", qos: .utility)
    private let state = Mutex(State())

    /// A watch that looks every `intervalMilliseconds`; a round is five or twenty such intervals.
    package init(intervalMilliseconds: Int = 1000) {
        interval = .milliseconds(intervalMilliseconds)
    }

    package func add(_ files: TorrentFiles, report: @escaping Report) {
        state.withLock { state in
            if !state.known.insert(ObjectIdentifier(files)).inserted { state.torrents.removeAll { $0.files === files } }
            state.torrents.append(Watched(files: files, report: report))
            guard state.timer == nil else { return }
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now() + interval, repeating: interval, leeway: .milliseconds(100))
            timer.setEventHandler { [weak self] in self?.look() }
            timer.resume()
            state.timer = timer
        }
    }

    /// Looks at these files no more.
    package func remove(_ files: TorrentFiles) {
        state.withLock { state in
            guard state.known.remove(ObjectIdentifier(files)) != nil else { return }
            state.torrents.removeAll { $0.files === files }
            guard state.torrents.isEmpty else { return }
            state.timer?.cancel()
            state.timer = nil
        }
    }

    deinit { state.withLock { $0.timer?.cancel() } }

    /// One turn of the clock.
    private func look() {
        let (roots, files) = state.withLock { state in (Self.roots(&state), Self.files(&state)) }
        var failed: Set<ObjectIdentifier> = []
        func look(_ torrent: Watched, _ body: () throws(StoreError) -> Void) {
            guard !failed.contains(ObjectIdentifier(torrent.files)) else { return }
            do throws(StoreError) { try body() } catch {
                failed.insert(ObjectIdentifier(torrent.files))
                guard state.withLock({ $0.known.contains(ObjectIdentifier(torrent.files)) }) else { return }
                remove(torrent.files)
                torrent.report(error)
            }
        }
        for torrent in roots {
            look(torrent) { () throws(StoreError) in try torrent.files.lookAtRoot() }
        }
        for (torrent, range) in files {
            look(torrent) { () throws(StoreError) in
                for file in range { try torrent.files.look(at: file) }
            }
        }
    }

    private static func roots(_ state: inout State) -> [Watched] {
        let count = (state.torrents.count + rootRound - 1) / rootRound
        return (0..<count).map { _ in
            defer { state.nextRoot += 1 }
            if state.nextRoot >= state.torrents.count { state.nextRoot = 0 }
            return state.torrents[state.nextRoot]
        }
    }

    /// The next files of torrents that are folders; the look at the root of another is the look at its file.
    private static func files(_ state: inout State) -> [(Watched, Range<Int>)] {
        let total = state.torrents.reduce(0) {
            $0 + ($1.files.metainfo.isSingleFile ? 0 : $1.files.metainfo.files.count)
        }
        var left = min(filesAtOnce, (total + fileRound - 1) / fileRound)
        var parts: [(Watched, Range<Int>)] = []
        while left > 0 {
            if state.nextTorrent >= state.torrents.count { (state.nextTorrent, state.nextFile) = (0, 0) }
            let torrent = state.torrents[state.nextTorrent]
            let count = torrent.files.metainfo.isSingleFile ? 0 : torrent.files.metainfo.files.count
            let end = min(count, state.nextFile + left)
            if state.nextFile < end {
                parts.append((torrent, state.nextFile..<end))
                left -= end - state.nextFile
            }
            if end >= count {
                (state.nextTorrent, state.nextFile) = (state.nextTorrent + 1, 0)
            } else {
                state.nextFile = end
            }
        }
        return parts
    }
}
