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

    /// The stamp of file `index`; `nil` when it is not there or cannot be opened.
    package func stamp(of index: Int) -> FileStamp? {
        guard let file = try? file(index, writable: false), case .success(let status) = file.status(),
            status.st_nlink > 0
        else {
            // A deleted file that is still open must not be taken for the one on disk.
            return nil
        }
        let modified = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
        return FileStamp(size: Int(status.st_size), modified: modified)
    }

    /// Every file that is there, by index.
    package func stamps() -> [Int: FileStamp] {
        close()
        return metainfo.files.indices.reduce(into: [:]) { stamps, index in stamps[index] = stamp(of: index) }
    }

    /// Checks that every file is there with exactly its size.
    package func requireAllFiles() throws(StoreError) {
        for (index, expected) in metainfo.files.enumerated() {
            let file = try file(index, writable: false)
            switch file.status() {
            case .failure(let error): throw .kernel(error.code, "stat", path(of: index))
            case .success(let status):
                guard status.st_size >= expected.length else {
                    throw .short(path: path(of: index), needed: expected.length)
                }
            }
        }
    }

    /// Whether every file region of `piece` lies inside its file, and not wholly in a hole when holes do not count.
    package func mayHold(_ piece: PieceIndex, countingHoles: Bool) -> Bool {
        for span in metainfo.spans(of: bytes(of: piece)) {
            guard let file = try? file(span.fileIndex, writable: false), case .success(let status) = file.status(),
                status.st_size >= span.offset + span.length
            else { return false }
            if countingHoles { continue }
            let data = lseek(file.descriptor, span.offset, Self.seekData)
            // A file system without holes answers EINVAL: then everything is data.
            if data < 0 ? errno == ENXIO : data >= span.offset + span.length { return false }
        }
        return true
    }

    /// Bytes that the disk must still find for the files to be whole.
    package func missingBytes() -> Int {
        metainfo.files.enumerated().reduce(0) { sum, entry in
            guard let file = try? file(entry.offset, writable: false), case .success(let status) = file.status()
            else { return sum + entry.element.length }
            return sum + max(0, entry.element.length - Int(status.st_blocks) * 512)
        }
    }

    /// Deletes the torrent's files, and its folders where nothing else is left in them.
    package func delete() throws(StoreError) {
        close()
        var folders: Set<[[UInt8]]> = []
        for index in metainfo.files.indices {
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
