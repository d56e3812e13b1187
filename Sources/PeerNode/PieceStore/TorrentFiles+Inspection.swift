package import BitTorrentTypes
import Glibc
import Metainfo

extension TorrentFiles {
    /// Every file that is there, by index, as it is on the disk.
    package func stamps() throws(StoreError) -> [Int: FileStamp] {
        close()
        var stamps: [Int: FileStamp] = [:]
        for index in metainfo.files.indices { stamps[index] = try sight(of: index)?.stamp }
        return stamps
    }

    /// Takes the files that are there for ours, as they are, and nobody for writing to them; returns their stamps.
    package func settle() throws(StoreError) -> [Int: FileStamp] {
        endWriting()
        var found: [Int: FileSight] = [:]
        for index in metainfo.files.indices { found[index] = try sight(of: index) }
        ledger.reset(found)
        ledger.device = Volume.device(of: directory)
        return found.mapValues(\.stamp)
    }

    /// What there is to see of file `index`; `nil` when it is not there, as padding never is.
    func sight(of index: Int) throws(StoreError) -> FileSight? {
        guard !metainfo.files[index].isPadding else { return nil }
        let opened: OpenFile
        do throws(StoreError) {
            opened = try file(index, writable: false)
        } catch .missing { return nil }
        switch opened.status() {
        case .failure(let error): throw .kernel(error.code, "stat", path(of: index))
        // A deleted file that is still open must not be taken for the one on disk.
        case .success(let status): return status.st_nlink > 0 ? FileSight(status) : nil
        }
    }

    /// Checks that every file is there with exactly its size.
    package func requireAllFiles() throws(StoreError) {
        for (index, expected) in metainfo.files.enumerated() where !expected.isPadding {
            guard let sight = try sight(of: index) else { throw .missing(path: path(of: index)) }
            guard sight.stamp.size >= expected.length else {
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
            if isAside(span.fileIndex) {
                let start = metainfo.files[span.fileIndex].offset + span.offset
                guard asideSize() >= start + span.length else { return false }
                let data = lseek(try asideFile(writable: false).descriptor, start, FileCopy.seekData)
                if data < 0 ? errno == ENXIO : data >= start + span.length { return false }
                continue
            }
            guard let stamp = found[span.fileIndex], stamp.size >= span.offset + span.length else { return false }
            if countingHoles { continue }
            let data = lseek(try file(span.fileIndex, writable: false).descriptor, span.offset, FileCopy.seekData)
            // A file system without holes answers EINVAL: then everything is data.
            if data < 0 ? errno == ENXIO : data >= span.offset + span.length { return false }
        }
        return true
    }

    /// Bytes that the disk must still find for the files to be whole.
    package func missingBytes() throws(StoreError) -> Int {
        var sum = 0
        for (index, file) in metainfo.files.enumerated() where !file.isPadding && !isSkipped(index) {
            let held = try sight(of: index)?.allocated ?? 0
            sum += max(0, file.length - held)
        }
        return sum
    }

    /// Bytes that the torrent's files take on the disk.
    package func heldBytes() throws(StoreError) -> Int {
        var sum = 0
        for index in metainfo.files.indices { sum += try sight(of: index)?.allocated ?? 0 }
        return sum
    }

    /// Deletes the torrent's files, and its folders where nothing else is left in them.
    package func delete() throws(StoreError) {
        close()
        try deleteFiles(below: directory, root: metainfo.name)
    }

    /// Deletes the torrent's files in the folder `base`, where its file or folder is named `root`.
    ///
    /// What cannot be deleted is left out; the first error is thrown at the end.
    func deleteFiles(below base: [UInt8], root: [UInt8]) throws(StoreError) {
        var folders: Set<[[UInt8]]> = []
        var failure: StoreError?
        func remove(_ components: [[UInt8]], isFolder: Bool) {
            guard let name = components.last else { return }
            do throws(StoreError) {
                var folder = try Folder(opening: base)
                for part in components.dropLast() { folder = try folder.folder(part, creating: false) }
                try folder.remove(name, isFolder: isFolder)
            } catch .missing { return } catch {
                failure = failure ?? error
            }
        }
        for index in metainfo.files.indices where !metainfo.files[index].isPadding {
            var components = components(of: index)
            components[0] = root
            for depth in 1..<max(1, components.count) { folders.insert(Array(components.prefix(depth))) }
            remove(components, isFolder: false)
        }
        for components in folders.sorted(by: { $0.count > $1.count }) { remove(components, isFolder: true) }
        if let failure { throw failure }
    }
}
