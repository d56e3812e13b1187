import Glibc
import NIOCore

/// One upload on its way in: parser events become files.
struct UploadIntake {
    /// Written at once, in bytes.
    private static let runLength = 256 * 1024
    /// Free space is looked at, and quota is taken, for so many bytes.
    private static let spaceInterval = 64 * 1024 * 1024

    /// What the part that is coming is for.
    private enum Part {
        case none
        /// A file to share; it has a descriptor as soon as it is longer than a run.
        case file(descriptor: Int32?)
        /// A .torrent file, kept in memory.
        case torrent([UInt8])
        case text(field: String, [UInt8])
        case ignored
    }

    private let folder: UploadFolder
    private let limits: UploadLimits
    private let allowance: UploadAllowance
    private var parser: MultipartParser
    private var part = Part.none
    private var partCount = 0
    private var pending: [UInt8] = []
    private var written = 0
    private var assured = 0

    private(set) var paths: [[[UInt8]]] = []
    private(set) var lengths: [Int] = []
    private(set) var fields = UploadFields()
    /// The .torrent file, when the form has one instead of files.
    private(set) var torrent: [UInt8]?

    init(folder: UploadFolder, limits: UploadLimits, allowance: UploadAllowance, boundary: MultipartBoundary) {
        self.folder = folder
        self.limits = limits
        self.allowance = allowance
        parser = MultipartParser(boundary: boundary)
    }

    mutating func take(_ bytes: ByteBufferView) async throws(UploadError) {
        parser.feed(bytes)
        while let event = try next() {
            switch event {
            case .begin(let headers): try begin(headers)
            case .content(let bytes): try await append(bytes)
            case .end: try await end()
            case .finished: return
            }
        }
    }

    /// Throws when the body ended too early.
    func finish() throws(UploadError) {
        do { try parser.finish() } catch { throw .multipart(error) }
    }

    /// Closes the file that was being written.
    mutating func abandon() {
        if case .file(let descriptor?) = part { close(descriptor) }
        part = .none
    }

    private mutating func next() throws(UploadError) -> MultipartParser.Event? {
        do { return try parser.next() } catch { throw .multipart(error) }
    }

    private mutating func begin(_ headers: MultipartHeaders) throws(UploadError) {
        partCount += 1
        guard partCount <= limits.parts else { throw .tooManyParts(limit: limits.parts) }
        switch headers.field {
        case "file":
            guard let fileName = headers.fileName, !fileName.isEmpty else { throw .unnamedFile }
            guard torrent == nil else { throw .torrentAmongFiles }
            paths.append(try UploadNames.components(of: fileName))
            lengths.append(0)
            part = .file(descriptor: nil)
        case "torrent":
            guard torrent == nil, paths.isEmpty else { throw .torrentAmongFiles }
            part = .torrent([])
        case let field:
            part = UploadFields.limit(field) == nil ? .ignored : .text(field: field, [])
        }
    }

    private mutating func append(_ bytes: [UInt8]) async throws(UploadError) {
        switch part {
        case .none, .ignored:
            return
        case .text(let field, let text):
            let limit = UploadFields.limit(field) ?? 0
            guard text.count + bytes.count <= limit else { throw .multipart(.oversizedField(field, limit: limit)) }
            part = .text(field: field, text + bytes)
        case .torrent(var content):
            guard content.count + bytes.count <= UploadNames.torrentLimit else {
                throw .tooLarge(limit: UploadNames.torrentLimit)
            }
            // Out of the case while it grows, so that it is not copied with each run.
            part = .none
            content += bytes
            part = .torrent(content)
        case .file:
            pending += bytes
            if pending.count >= Self.runLength { try await flush() }
        }
    }

    private mutating func end() async throws(UploadError) {
        switch part {
        case .none, .ignored:
            break
        case .text(let field, let text):
            fields.set(field, to: text)
        case .torrent(let content):
            torrent = content
        case .file(nil):
            // Most files of a folder are short: one call makes, writes and closes them.
            try await account(for: pending.count)
            try await folder.writePart(lengths.count - 1, pending)
            lengths[lengths.count - 1] = pending.count
            pending.removeAll(keepingCapacity: true)
        case .file(let descriptor?):
            try await flush()
            part = .none
            try await folder.finish(descriptor)
        }
        part = .none
    }

    private mutating func flush() async throws(UploadError) {
        guard case .file(let opened) = part, !pending.isEmpty else { return }
        try await account(for: pending.count)
        let descriptor: Int32
        if let opened { descriptor = opened } else { descriptor = try await folder.createPart(lengths.count - 1) }
        part = .file(descriptor: descriptor)
        try await folder.write(pending, to: descriptor, at: lengths[lengths.count - 1])
        lengths[lengths.count - 1] += pending.count
        pending.removeAll(keepingCapacity: true)
        // The flush at the end of the file then has little left, and the uploader is not kept waiting.
        if written == assured - Self.spaceInterval { await folder.beginFlush(descriptor) }
    }

    /// Sees to it that there is room for `count` more bytes, a long way at a time.
    private mutating func account(for count: Int) async throws(UploadError) {
        written += count
        try await allowance.ensure(written)
        guard written > assured else { return }
        try await folder.requireSpace(for: count)
        assured = written + Self.spaceInterval
    }
}
