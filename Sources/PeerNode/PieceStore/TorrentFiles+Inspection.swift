package import BitTorrentTypes
import Glibc
import Metainfo

/// What tells that a file was changed: its size in bytes and its time of change in nanoseconds.
package struct FileStamp: Hashable, Sendable {
    package let size: Int
    package let modified: Int

    package init(size: Int, modified: Int) {
        self.size = size
        self.modified = modified
    }
}

extension TorrentFiles {
    /// `SEEK_DATA` of Linux, which the Glibc module does not show.
    private static let seekData: CInt = 3

    /// The stamp of file `index`; `nil` when it is not there, as padding never is.
    package func stamp(of index: Int) throws(StoreError) -> FileStamp? {
        // A deleted file that is still open must not be taken for the one on disk.
        guard let status = try status(of: index), status.st_nlink > 0 else { return nil }
        let modified = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
        return FileStamp(size: Int(status.st_size), modified: modified)
    }

    /// Every file that is there, by index.
    package func stamps() throws(StoreError) -> [Int: FileStamp] {
        close()
        var stamps: [Int: FileStamp] = [:]
        for index in metainfo.files.indices { stamps[index] = try stamp(of: index) }
        return stamps
    }

    /// What the kernel knows of file `index`; `nil` when it is not there, or is padding.
    private func status(of index: Int) throws(StoreError) -> stat? {
        guard !metainfo.files[index].isPadding else { return nil }
        let opened: OpenFile
        do throws(StoreError) {
            opened = try file(index, writable: false)
        } catch .missing { return nil }
        switch opened.status() {
        case .failure(let error): throw .kernel(error.code, "stat", path(of: index))
        case .success(let status): return status
        }
    }

    /// Checks that every file is there with exactly its size.
    package func requireAllFiles() throws(StoreError) {
        for (index, expected) in metainfo.files.enumerated() where !expected.isPadding {
            guard let status = try status(of: index) else { throw .missing(path: path(of: index)) }
            guard status.st_size >= expected.length else {
                throw .short(path: path(of: index), needed: expected.length)
            }
        }
    }

    /// Whether every file region of `piece` lies inside its file, and not wholly in a hole when holes do not count.
    ///
    /// `found` are the stamps of the files that are there.
    package func mayHold(
        _ piece: PieceIndex,
        found: [Int: FileStamp],
        countingHoles: Bool
    ) throws(StoreError) -> Bool {
        for span in metainfo.spans(of: bytes(of: piece)) where !metainfo.files[span.fileIndex].isPadding {
            guard let stamp = found[span.fileIndex], stamp.size >= span.offset + span.length else { return false }
            if countingHoles { continue }
            let data = lseek(try file(span.fileIndex, writable: false).descriptor, span.offset, Self.seekData)
            // A file system without holes answers EINVAL: then everything is data.
            if data < 0 ? errno == ENXIO : data >= span.offset + span.length { return false }
        }
        return true
    }

    /// Bytes that the disk must still find for the files to be whole.
    package func missingBytes() throws(StoreError) -> Int {
        var sum = 0
        for (index, file) in metainfo.files.enumerated() where !file.isPadding {
            let held = try status(of: index).map { Int($0.st_blocks) * 512 } ?? 0
            sum += max(0, file.length - held)
        }
        return sum
    }

    /// Deletes the torrent's files, and its folders where nothing else is left in them.
    package func delete() throws(StoreError) {
        close()
        var folders: Set<[[UInt8]]> = []
        for index in metainfo.files.indices where !metainfo.files[index].isPadding {
            let components = components(of: index)
            let parents = Array(components.dropLast())
            guard let name = components.last else { continue }
            do throws(StoreError) {
                try folder(parents, creating: false).remove(name, isFolder: false)
            } catch .missing { continue }
            for depth in 1..<(parents.count + 1) { folders.insert(Array(parents.prefix(depth))) }
        }
        for components in folders.sorted(by: { $0.count > $1.count }) {
            guard let name = components.last else { continue }
            do throws(StoreError) {
                try folder(Array(components.dropLast()), creating: false).remove(name, isFolder: true)
            } catch .missing { continue }
        }
    }
}
