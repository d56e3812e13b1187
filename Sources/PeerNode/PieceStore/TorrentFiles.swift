package import BitTorrentTypes
import CCachedRead
import Glibc
package import Metainfo
import Synchronization

/// The bytes of a torrent as the files they are on disk.
///
///     torrent   0 ───────────────────────────── totalLength
///     pieces    │ 0       │ 1       │ 2     │
///     files     │ a   │ b/c            │ d  │        (empty files lie between)
///
/// Blocks and pieces may span files. Files grow as blocks come in (sparse); one that is there already is never cut.
/// Every folder and file is opened part by part without following links. Padding (BEP 47) is on no disk: it reads as
/// zeros, and what is written to it is dropped. Usable from any thread.
package final class TorrentFiles: Sendable {
    package let metainfo: Metainfo
    private let place: Mutex<[UInt8]>
    /// The hidden file for bytes of skipped files, if there may be one.
    let aside: [UInt8]?
    let choice = Mutex<Set<Int>>([])
    let cache: DescriptorCache
    let ledger = FileLedger()

    package init(metainfo: Metainfo, directory: [UInt8], aside: [UInt8]? = nil, cache: DescriptorCache) {
        self.metainfo = metainfo
        self.aside = aside
        place = Mutex(directory)
        self.cache = cache
    }

    /// Absolute; the torrent's file or folder lies in it.
    package var directory: [UInt8] { place.withLock { $0 } }

    /// Takes the files for those in another folder, into which they were moved.
    package func relocate(to directory: [UInt8]) {
        endWriting()
        place.withLock { $0 = directory }
    }

    /// The file of a single-file torrent, else the folder of the files.
    package var path: [UInt8] { directory + [slash] + metainfo.name }

    /// Whether both have the same ``path``; cheap enough to ask of every torrent.
    package func isInPlace(of other: TorrentFiles) -> Bool {
        metainfo.name == other.metainfo.name && directory == other.directory
    }

    /// Absolute path of file `index`.
    package func path(of index: Int) -> [UInt8] {
        components(of: index).reduce(directory) { $0 + [slash] + $1 }
    }

    /// Makes the folders and the files without bytes; the others come with their first block.
    package func prepare() throws(StoreError) {
        _ = try Folder(opening: directory)
        for (index, file) in metainfo.files.enumerated()
        where file.length == 0 && !file.isPadding && !isSkipped(index) {
            _ = try open(index, writable: true)
        }
    }

    /// Writes `buffers`, one after the other, from byte `offset` of the torrent on.
    package func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int) throws(StoreError) {
        let vectors = buffers.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        _ = try transfer(.write, vectors, at: offset)
    }

    /// Fills `buffers`, one after the other, from byte `offset` of the torrent on.
    package func read(into buffers: [UnsafeMutableRawBufferPointer], at offset: Int) throws(StoreError) {
        _ = try transfer(.read, buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }, at: offset)
    }

    /// The same, but never waits for a disk; returns whether memory had everything, and if not, ``read(into:at:)`` will tell.
    package func readCached(
        into buffers: [UnsafeMutableRawBufferPointer],
        at offset: Int
    ) throws(StoreError) -> Bool {
        try transfer(.cachedRead, buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }, at: offset)
    }

    /// Where the bytes `range` of the torrent lie, when that is one file, and memory has them: for the kernel to send.
    package func cachedPlace(of range: Range<Int>) throws(StoreError) -> FilePlace? {
        let spans = metainfo.spans(of: range)
        guard spans.count == 1, let span = spans.first, span.length == range.count,
            !metainfo.files[span.fileIndex].isPadding, !isAside(span.fileIndex)
        else { return nil }
        let file = try file(span.fileIndex, writable: false)
        let bytes = span.offset..<span.offset + span.length
        guard case .success(let status) = file.status(), status.st_size >= bytes.upperBound, file.hasCached(bytes)
        else {
            return nil
        }
        try requireSettled(file, span.fileIndex)
        return FilePlace(file: file, offset: span.offset)
    }

    /// Flushes the bytes of `files`, and the names of the folders they are in, to the disk.
    package func synchronize(_ files: Set<Int>) throws(StoreError) {
        var folders: Set<[[UInt8]]> = []
        for index in files.sorted() where !metainfo.files[index].isPadding {
            if isAside(index) {
                guard fdatasync(try asideFile(writable: false).descriptor) == 0 else {
                    throw .kernel(errno, "fdatasync", path(of: index))
                }
                continue
            }
            let file = try file(index, writable: false)
            guard fdatasync(file.descriptor) == 0 else { throw .kernel(errno, "fdatasync", path(of: index)) }
            folders.insert(components(of: index).dropLast())
        }
        for folder in folders { try self.folder(Array(folder), creating: false).synchronize() }
    }

    /// The files that hold bytes of `piece`; padding is none.
    package func files(of piece: PieceIndex) -> [Int] {
        metainfo.spans(of: bytes(of: piece)).map(\.fileIndex).filter { !metainfo.files[$0].isPadding }
    }

    package func bytes(of piece: PieceIndex) -> Range<Int> {
        let start = metainfo.layout.start(of: piece)
        return start..<start + metainfo.layout.length(of: piece)
    }

    /// Closes the descriptors; the files may be used again afterwards.
    package func close() { cache.closeAll(of: ObjectIdentifier(self)) }

    deinit { cache.closeAll(of: ObjectIdentifier(self)) }

    // MARK: - Opening

    /// The names from the directory down to file `index`.
    func components(of index: Int) -> [[UInt8]] {
        metainfo.isSingleFile ? [metainfo.name] : [metainfo.name] + metainfo.files[index].path
    }

    /// The cached descriptor of file `index`.
    func file(_ index: Int, writable: Bool) throws(StoreError) -> OpenFile {
        let key = DescriptorCache.Key(torrent: ObjectIdentifier(self), file: index)
        return try cache.file(key, writable: writable) { () throws(StoreError) -> OpenFile in
            try open(index, writable: writable)
        }
    }

    func folder(_ components: [[UInt8]], creating: Bool) throws(StoreError) -> Folder {
        var folder = try Folder(opening: directory)
        for (depth, component) in components.enumerated() {
            // A torrent's folder that is gone though files were in it was moved: it is not made anew.
            folder = try folder.folder(component, creating: creating && (depth > 0 || ledger.isEmpty))
        }
        return folder
    }

    private func open(_ index: Int, writable: Bool) throws(StoreError) -> OpenFile {
        let components = components(of: index)
        guard let name = components.last else { preconditionFailure("a file of a torrent has a name") }
        let isKnown = ledger[index] != nil
        let file = try folder(Array(components.dropLast()), creating: writable && !isKnown)
            .file(name, writable: writable, creating: writable && !isKnown)
        if writable || isKnown {
            guard case .success(let status) = file.status(), ledger.opened(index, FileSight(status)) else {
                throw changed(index)
            }
        }
        return file
    }

    /// Returns whether all was moved, which only a cached read may fail to do.
    private func transfer(
        _ direction: OpenFile.Direction,
        _ vectors: [iovec],
        at offset: Int
    ) throws(StoreError) -> Bool {
        let length = vectors.reduce(0) { $0 + $1.iov_len }
        var run = BufferRun(vectors)
        for span in metainfo.spans(of: offset..<offset + length) {
            let part = run.take(span.length)
            guard !metainfo.files[span.fileIndex].isPadding else {
                // Whether a peer sent zeros is for the piece's hash to say.
                if direction != .write { for vector in part { memset(vector.iov_base, 0, vector.iov_len) } }
                continue
            }
            let isAside = isAside(span.fileIndex)
            let offset = isAside ? metainfo.files[span.fileIndex].offset + span.offset : span.offset
            let file =
                isAside
                ? try asideFile(writable: direction == .write) : try file(span.fileIndex, writable: direction == .write)
            if direction == .write { ledger.countWrite(span.fileIndex) }
            defer { if direction == .write { ledger.countWrite(span.fileIndex) } }
            switch file.transfer(direction, part, at: offset) {
            case .failure(let error):
                let path = location(of: span.fileIndex, at: span.offset).path
                throw .kernel(error.code, direction == .write ? "write" : "read", path)
            case .success(let moved):
                guard moved == span.length else {
                    if direction == .cachedRead { return false }
                    let path = location(of: span.fileIndex, at: span.offset).path
                    throw .short(path: path, needed: offset + span.length)
                }
                if direction != .write, !isAside { try requireSettled(file, span.fileIndex) }
            }
        }
        return true
    }

    /// Nothing that was read counts when somebody has written to a file that nobody writes any more.
    ///
    /// Looked at after each read, so that bytes that were changed before it are never sent.
    private func requireSettled(_ file: OpenFile, _ index: Int) throws(StoreError) {
        guard let settled = ledger[index]?.settled, case .success(let status) = file.status(),
            FileSight(status).stamp != settled
        else { return }
        throw changed(index)
    }
}
