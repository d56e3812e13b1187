import FoundationEssentials
import Glibc

/// Uploads in pieces on the disk; what was acknowledged survives a crash of the process and of the machine.
///
///     uploads/.tus/<id>/info         length and path, written once
///     uploads/.tus/<id>/data         its length is the offset
///     uploads/.tus/<id>/unverified   the offset before a piece whose checksum is not known yet
///
/// The calls block.
struct TusFiles: Sendable {
    private struct Info: Codable {
        let length: Int
        let path: [[UInt8]]
    }

    let root: DiskPath
    /// Seconds that an upload waits for its next piece.
    let patience: Int

    init(uploads: DiskPath, patience: Int) {
        root = uploads.appending(".tus")
        self.patience = patience
    }

    func data(_ id: String) -> DiskPath { folder(id).appending("data") }

    func create(_ upload: TusUpload) throws(UploadError) {
        if let uploads = root.parent { try UploadFolder.makeFolder(uploads, mayExist: true) }
        try UploadFolder.makeFolder(root, mayExist: true)
        let folder = folder(upload.id)
        try UploadFolder.makeFolder(folder)
        do throws(UploadError) {
            try UploadFolder.requireSpace(for: upload.length, in: folder)
            close(try UploadFolder.create(data(upload.id)))
            let info: [UInt8]
            do {
                info = Array(try JSONEncoder().encode(Info(length: upload.length, path: upload.path)))
            } catch {
                preconditionFailure("numbers are JSON: \(error)")
            }
            try write(info, as: "info", in: folder)
            try UploadFolder.flush(folder)
            try UploadFolder.flush(root)
        } catch {
            remove(upload.id)
            throw error
        }
    }

    /// The upload as it stands; `nil` when there is none of this id.
    ///
    /// With `isAtRest` nobody writes to it, so what is unverified never will be, and goes.
    func find(_ id: String, isAtRest: Bool) throws(UploadError) -> TusUpload? {
        let isName =
            (1...32).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
            }
        guard isName, let info = read("info", of: id), let known = decode(info) else { return nil }
        if isAtRest, let mark = read("unverified", of: id) {
            try truncate(id, to: Int(String(decoding: mark, as: UTF8.self)) ?? 0)
        }
        var status = stat()
        guard data(id).withCString({ lstat($0, &status) }) == 0 else { return nil }
        var upload = TusUpload(id: id, length: known.length, path: known.path)
        upload.offset = min(Int(status.st_size), known.length)
        upload.expiresAt = Int(status.st_mtim.tv_sec) + patience
        return upload
    }

    /// For writing; the caller closes it.
    func open(_ id: String) throws(UploadError) -> Int32 {
        let path = data(id)
        let descriptor = path.withCString { Glibc.open($0, O_WRONLY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { throw UploadFolder.failure(path) }
        return descriptor
    }

    /// Remembers that what comes after `offset` may have to go.
    func doubt(_ id: String, after offset: Int) throws(UploadError) {
        try write(Array("\(offset)".utf8), as: "unverified", in: folder(id))
        try UploadFolder.flush(folder(id))
    }

    /// What is there is right.
    func trust(_ id: String) {
        _ = folder(id).appending("unverified").withCString { unlink($0) }
    }

    /// Takes back what came after `offset`.
    func truncate(_ id: String, to offset: Int) throws(UploadError) {
        let path = data(id)
        guard path.withCString({ Glibc.truncate($0, off_t(max(0, offset))) }) == 0 else {
            throw UploadFolder.failure(path)
        }
        trust(id)
    }

    func remove(_ id: String) {
        // Without its info it is none any more, whatever else is left.
        for name in ["info", "unverified", "data"] { _ = folder(id).appending(name).withCString { unlink($0) } }
        _ = folder(id).withCString { rmdir($0) }
    }

    /// The ids of all uploads.
    func ids() throws -> [String] {
        guard UploadFolder.exists(root) else { return [] }
        return try FolderWalk.names(in: root).map { String(decoding: $0, as: UTF8.self) }
    }

    private func folder(_ id: String) -> DiskPath { root.appending(id) }

    private func write(_ bytes: [UInt8], as name: String, in folder: DiskPath) throws(UploadError) {
        let path = folder.appending(name)
        _ = path.withCString { unlink($0) }
        let descriptor = try UploadFolder.create(path)
        defer { close(descriptor) }
        try UploadFolder.write(bytes, to: descriptor, at: 0, path: path)
        guard fdatasync(descriptor) == 0 else { throw UploadFolder.failure(path) }
    }

    private func read(_ name: String, of id: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(folder(id).appending(name))").map { Array($0) }
    }

    private func decode(_ info: [UInt8]) -> Info? {
        do {
            let info = try JSONDecoder().decode(Info.self, from: Data(info))
            return info.length >= 0 && !info.path.isEmpty ? info : nil
        } catch {
            return nil  // A power cut before it was acknowledged.
        }
    }
}
