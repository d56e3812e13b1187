import BitTorrentTypes
import CLinux
import Glibc
import Metainfo

/// How far a move of a torrent's files has come, as the database keeps it.
///
///     moving    │ the files are in `directory`      │ a kill: begun anew
///     copied    │ and a flushed copy lies beside    │ a kill: the copy gets its name
///     deleting  │ the files are in the new folder   │ a kill: the old ones are deleted
///
/// So the files are whole in the folder that the database names, whenever it is looked at.
package struct RecordedMove: Hashable, Sendable {
    package enum Phase: Int, Sendable {
        case moving = 0
        case copied = 1
        case deleting = 2
    }

    package var phase: Phase
    /// Where the files go, and when they are deleted, where they came from.
    package var folder: [UInt8]

    package init(phase: Phase, folder: [UInt8]) {
        self.phase = phase
        self.folder = folder
    }
}

/// Moves what a torrent has on the disk to another folder: by name on one file system, by copy to another.
///
///     by name    directory/name ──rename──► destination/name
///     by copy    directory/name ──copy, flush──► destination/.<info-hash>.moving ──rename──► destination/name
///
/// Nothing that is there is written over. A copy leaves out files that are not the torrent's; a rename takes them along.
package struct Relocation: Sendable {
    private let files: TorrentFiles
    private let destination: [UInt8]

    package init(of files: TorrentFiles, to destination: [UInt8]) {
        self.files = files
        self.destination = destination
    }

    private var source: [UInt8] { files.path }
    private var target: [UInt8] { destination + [slash] + files.metainfo.name }
    private var partial: [UInt8] { destination + Array("/.\(files.metainfo.infoHash).moving".utf8) }

    /// Throws when there is no way: something is in the way, or there is no room.
    package func check() throws(StoreError) {
        // Files that are gone from where they were may have been moved by hand.
        guard isNeeded else { return }
        guard !Self.exists(target) else { throw .exists(path: target) }
        guard !destination.starts(with: source + [slash]), destination != source else {
            throw .exists(path: source)
        }
        guard Volume.device(of: destination) != Volume.device(of: files.directory) else { return }
        let held = try files.heldBytes()
        if let free = Directory.freeBytes(destination), free < held { throw .noSpace(path: destination) }
    }

    /// Whether there is anything to move.
    package var isNeeded: Bool { Self.exists(source) }

    /// Whether the files have got their name in the new folder, as seen after a kill.
    package var isDone: Bool { !Self.exists(source) && Self.exists(target) }

    package var isCopyThere: Bool { Self.exists(partial) }

    package var isTargetThere: Bool { Self.exists(target) }

    /// Gives the files their name in the new folder; `false` when that is on another file system.
    package func rename() throws(StoreError) -> Bool { try Self.rename(source, target, in: destination) }

    /// Gives the copy its name.
    package func nameCopy() throws(StoreError) {
        // Of a kill between the rename and the database.
        if !isCopyThere, Self.exists(target) { return }
        guard try Self.rename(partial, target, in: destination) else {
            throw .failed(path: target, operation: "rename", errno: EXDEV)
        }
    }

    /// Copies every file that is there, holes as holes, and flushes the copies; `progress` gets the bytes of each step
    /// and says whether to go on.
    ///
    /// Throws `.changed` when a file changes meanwhile; then, and after every other error, no copy is left.
    package func copy(progress: (Int) -> Bool) throws(StoreError) {
        try discardCopy()
        do throws(StoreError) {
            let copy = TorrentFiles(metainfo: files.metainfo, directory: destination, cache: DescriptorCache(limit: 8))
            let root = try Folder(opening: destination)
            for index in files.metainfo.files.indices where !files.metainfo.files[index].isPadding {
                try self.copy(index, as: copy, in: root, progress: progress)
            }
            try root.synchronize()
        } catch {
            try discardCopy()
            throw error
        }
    }

    private func copy(
        _ index: Int,
        as copy: TorrentFiles,
        in root: Folder,
        progress: (Int) -> Bool
    ) throws(StoreError) {
        guard let before = try files.sight(of: index) else { return }
        let source = try files.file(index, writable: false)
        // The hidden name stands for the torrent's own.
        var components = copy.components(of: index)
        components[0] = Array(partial.dropFirst(destination.count + 1))
        var folder = root
        for component in components.dropLast() { folder = try folder.folder(component, creating: true) }
        guard let name = components.last else { preconditionFailure("a file of a torrent has a name") }
        let file = try folder.file(name, writable: true, creating: true)
        let path = folder.path + [slash] + name
        switch FileCopy(from: source, to: file, size: before.stamp.size).run(progress: progress) {
        case .failure(let error): throw .kernel(error.code, "copy", path)
        case .success: break
        }
        guard case .success(let after) = source.status(), FileSight(after).stamp == before.stamp else {
            throw files.changed(index)
        }
        // The stamps in the database hold for the copy as well.
        let times = [after.st_mtim, after.st_mtim]
        guard futimens(file.descriptor, times) == 0, fsync(file.descriptor) == 0 else {
            throw .kernel(errno, "flush", path)
        }
        try folder.synchronize()
    }

    /// Deletes what there is of a copy.
    package func discardCopy() throws(StoreError) {
        let name = Array(partial.dropFirst(destination.count + 1))
        try files.deleteFiles(below: destination, root: name)
    }

    /// Deletes the torrent's files in `old`, after they were copied from there.
    package func deleteOld(in old: [UInt8]) throws(StoreError) {
        try files.deleteFiles(below: old, root: files.metainfo.name)
    }

    private static func exists(_ path: [UInt8]) -> Bool {
        var status = stat()
        return withCString(path) { lstat($0, &status) } == 0
    }

    /// Renames without writing over anything, durably; `false` across file systems.
    private static func rename(_ old: [UInt8], _ new: [UInt8], in folder: [UInt8]) throws(StoreError) -> Bool {
        var code = withCString(old) { old in withCString(new) { clinux_rename_new(old, $0) } }
        if code != 0, errno == EINVAL || errno == ENOSYS {
            // A file system that cannot say "not over anything": it was looked at a moment ago.
            guard !exists(new) else { throw .exists(path: new) }
            code = withCString(old) { old in withCString(new) { Glibc.rename(old, $0) } }
        }
        guard code == 0 else {
            switch errno {
            case EXDEV: return false
            case EEXIST, ENOTEMPTY: throw .exists(path: new)
            default: throw .kernel(errno, "rename", old)
            }
        }
        try Folder(opening: folder).synchronize()
        return true
    }
}
