package import BitTorrentTypes
import Glibc
import Metainfo

/// Noticing what others do to the files of a torrent that runs.
extension TorrentFiles {
    /// Takes the files as they are now for ours; those whose pieces are not all in `verified` may be written to.
    package func beginWriting(verified: Bitfield) {
        ledger.open { isWhole($0, in: verified) }
    }

    /// Forgets what the files were: from here on others may do with them what they like.
    package func endWriting() {
        close()
        ledger.removeAll()
    }

    /// Whether all pieces of file `index` are in `verified`.
    package func isWhole(_ index: Int, in verified: Bitfield) -> Bool {
        let (file, layout) = (metainfo.files[index], metainfo.layout)
        if verified.isComplete || file.length == 0 { return true }
        let numbers = file.offset / layout.pieceLength...(file.offset + file.length - 1) / layout.pieceLength
        return numbers.allSatisfy { layout.piece($0).map(verified.contains) == true }
    }

    /// Looks at file `index` by its name: is it there, is it the one we know, has anybody written to it.
    ///
    /// One call of the kernel; the file need not be open.
    package func look(at index: Int) throws(StoreError) {
        guard !metainfo.files[index].isPadding, let known = ledger[index] else { return }
        let sight: FileSight
        do throws(StoreError) { sight = try Self.look(path(of: index)) } catch .missing(let path) {
            // The folder or the volume that went is the better name for it.
            if !metainfo.isSingleFile { try lookAtRoot() }
            throw .missing(path: path)
        }
        // A write that began meanwhile makes the stamp ours.
        guard let after = ledger[index], after.writes == known.writes else { return }
        if let settled = known.settled {
            guard sight.stamp == settled else { throw changed(index) }
            if sight.identity != known.identity { close() }
        } else {
            let isQuiet = known.writes.isMultiple(of: 2) && known.seen?.writes == known.writes
            guard sight.identity == known.identity, sight.stamp.size >= known.size,
                !isQuiet || sight.stamp == known.seen?.stamp
            else { throw changed(index) }
        }
        ledger.saw(index, sight, writes: known.writes)
    }

    /// Looks at the torrent's file or folder itself: is it there, on the volume on which it was.
    package func lookAtRoot() throws(StoreError) {
        if metainfo.isSingleFile, ledger[0] != nil {
            do throws(StoreError) { try look(at: 0) } catch .missing(let path) {
                throw isElsewhere ? .offline(path: directory) : .missing(path: path)
            }
            return
        }
        guard !isElsewhere else { throw .offline(path: directory) }
        guard !ledger.isEmpty, !metainfo.isSingleFile else { return }
        var status = stat()
        guard withCString(path, { lstat($0, &status) }) == 0 else { throw .kernel(errno, "stat", path) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return
        case S_IFLNK: throw .symbolicLink(path: path)
        default: throw .notADirectory(path: path)
        }
    }

    /// Whether the folder for downloads is not on the device on which it was at the start.
    private var isElsewhere: Bool {
        guard let device = ledger.device else { return false }
        return Volume.device(of: directory) != device
    }

    private static func look(_ path: [UInt8]) throws(StoreError) -> FileSight {
        var status = stat()
        guard withCString(path, { lstat($0, &status) }) == 0 else {
            // A folder on the way that became a file takes the file away as well.
            throw .kernel(errno == ENOTDIR ? ENOENT : errno, "stat", path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return FileSight(status)
        case S_IFLNK: throw .symbolicLink(path: path)
        default: throw .notARegularFile(path: path)
        }
    }

    /// The error that says that somebody changed file `index`, which the next check does not trust.
    func changed(_ index: Int) -> StoreError {
        ledger.suspect(index)
        return .changed(path: path(of: index))
    }

    /// The files that were found changed since this was asked last.
    package func takeSuspects() -> Set<Int> { ledger.takeSuspects() }

    /// The stamps of `files`, whose bytes are flushed, for the database.
    ///
    /// Throws when one of them is not the file that stands under its name, or was written to by somebody else.
    package func flushedStamps(of files: Set<Int>, verified: Bitfield) throws(StoreError) -> [Int: FileStamp] {
        var stamps: [Int: FileStamp] = [:]
        for index in files.sorted() where !metainfo.files[index].isPadding && !isAside(index) {
            let sight = try Self.look(path(of: index))
            if let known = ledger[index] {
                let isOurs = known.settled.map { $0 == sight.stamp } ?? (sight.identity == known.identity)
                guard isOurs, sight.stamp.size >= known.size else { throw changed(index) }
            }
            ledger.flushed(index, sight.stamp, isSettled: isWhole(index, in: verified))
            stamps[index] = sight.stamp
        }
        return stamps
    }

    /// The stamps of the files to which we wrote until now; of the others there is nothing new to say.
    package func openStamps() -> [Int: FileStamp] {
        var stamps: [Int: FileStamp] = [:]
        for index in metainfo.files.indices {
            guard let known = ledger[index], known.settled == nil, !ledger.isSuspect(index) else { continue }
            do throws(StoreError) {
                try look(at: index)
                stamps[index] = try Self.look(path(of: index)).stamp
            } catch {
                // What the next start finds there has another stamp than the recorded one, and is hashed.
                continue
            }
        }
        return stamps
    }
}
