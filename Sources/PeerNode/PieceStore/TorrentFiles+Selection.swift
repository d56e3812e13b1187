package import BitTorrentTypes
import CLinux
import Glibc
import Metainfo
import Synchronization

/// Files that nobody wants, and what of them is kept all the same.
///
///     files    │ a (wanted)   │ b (skipped)        │ c (wanted)   │
///     pieces   │ 0    │ 1    ╷      │ 2    │ 3   ╷ │ 4            │
///     aside    ·      ·      └──────┘      ·     └─┘              ·     at the same offsets, else holes
///
/// A piece at a border needs bytes of the file next to it. They go to one hidden file per torrent, in the node's own
/// folder, so that no part of an unwanted file is left among the downloads. A skipped file that is on the disk already
/// is used as it is. Wanted later, a file gets its bytes from there.
extension TorrentFiles {
    /// The files, by index, that are not to be downloaded; takes effect with the next ``settle()``.
    package func choose(skipping skipped: Set<Int>) { choice.withLock { $0 = skipped } }

    package var skipped: Set<Int> { choice.withLock { $0 } }

    package func isSkipped(_ index: Int) -> Bool { choice.withLock { $0.contains(index) } }

    /// Whether bytes of file `index` are kept aside: nobody wants it, and it is not on the disk.
    package func isAside(_ index: Int) -> Bool {
        aside != nil && isSkipped(index) && !metainfo.files[index].isPadding && ledger[index] == nil
    }

    /// Where a byte of file `index` lies: in which file, and there at which offset.
    package func location(of index: Int, at offset: Int) -> (path: [UInt8], offset: Int) {
        guard let aside, isAside(index) else { return (path(of: index), offset) }
        return (aside, metainfo.files[index].offset + offset)
    }

    /// Bytes from the start of the torrent on that the file of kept bytes reaches.
    package func asideSize() -> Int {
        guard let aside else { return 0 }
        var status = stat()
        return withCString(aside, { stat($0, &status) }) == 0 ? Int(status.st_size) : 0
    }

    /// The cached descriptor of the file of kept bytes.
    func asideFile(writable: Bool) throws(StoreError) -> OpenFile {
        guard let aside, let end = aside.lastIndex(of: slash) else {
            preconditionFailure("only a torrent with a place aside keeps bytes there")
        }
        let key = DescriptorCache.Key(torrent: ObjectIdentifier(self), file: -1)
        return try cache.file(key, writable: writable) { () throws(StoreError) -> OpenFile in
            let folder = Array(aside[..<end])
            if writable { try Directory.prepare(folder) }
            return try Folder(opening: folder).file(Array(aside[(end + 1)...]), writable: writable, creating: writable)
        }
    }

    /// Gives wanted files that are not on the disk yet the bytes of them that were kept aside; returns whether there were any.
    ///
    /// Only those: a hole is told by whole blocks of the disk, so that kept bytes of one file seem to lie in its neighbour,
    /// whose own bytes would be lost. After a kill in between a file is there, and what it lacks is fetched again.
    package func bringIn() throws(StoreError) -> Bool {
        guard asideSize() > 0 else { return false }
        let kept = try asideFile(writable: true)
        var hasMoved = false
        for (index, file) in metainfo.files.enumerated() where !file.isPadding && !isSkipped(index) && file.length > 0 {
            guard ledger[index] == nil else { continue }
            let first = lseek(kept.descriptor, file.offset, FileCopy.seekData)
            guard first >= 0, first < file.offset + file.length else { continue }
            let target = try self.file(index, writable: true)
            let copy = FileCopy(from: kept, at: file.offset, to: target, size: file.length)
            if case .failure(let error) = copy.run(progress: { _ in true }) {
                throw .kernel(error.code, "write", path(of: index))
            }
            guard fsync(target.descriptor) == 0 else { throw .kernel(errno, "fsync", path(of: index)) }
            // A file system without holes keeps the bytes: they are copied again, until the torrent is removed.
            _ = clinux_punch_hole(kept.descriptor, file.offset, file.length)
            hasMoved = true
        }
        return hasMoved
    }

    /// Deletes what was kept aside.
    package func dropAside() throws(StoreError) {
        guard let aside else { return }
        guard withCString(aside, { unlink($0) }) == 0 || errno == ENOENT || errno == ENOTDIR else {
            throw .kernel(errno, "remove", aside)
        }
    }

    /// Gives the wanted files that are not there yet all of their disk at once; returns whether there were any.
    ///
    /// A file with bytes in it is left as it is: somebody may have cut it, and it is not ours to make whole unasked. A file
    /// system that cannot do it without writing leaves them sparse.
    package func allocate(verified: Bitfield) throws(StoreError) -> Bool {
        var hasAllocated = false
        for (index, expected) in metainfo.files.enumerated()
        where !expected.isPadding && expected.length > 0 && !isSkipped(index) && !isWhole(index, in: verified) {
            if let sight = try sight(of: index), sight.stamp.size > 0 { continue }
            let file = try file(index, writable: true)
            guard clinux_allocate(file.descriptor, expected.length) == 0 else {
                if [EOPNOTSUPP, ENOSYS].contains(errno) { return hasAllocated }
                throw .kernel(errno, "allocate", path(of: index))
            }
            hasAllocated = true
        }
        return hasAllocated
    }
}
