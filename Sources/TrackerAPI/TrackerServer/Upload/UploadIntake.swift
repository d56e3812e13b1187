import Glibc
import NIOCore

/// One upload on its way in: parser events become files.
struct UploadIntake {
    /// Written at once, in bytes.
    private static let runLength = 256 * 1024
    /// Free space is looked at again after so many bytes.
    private static let spaceInterval = 64 * 1024 * 1024
    private static let maximumNameLength = 1024

    /// What the part that is coming is for.
    private enum Part {
        case none
        case file(descriptor: Int32)
        case name([UInt8])
        case ignored
    }

    private let folder: UploadFolder
    private let limits: UploadLimits
    private var parser: MultipartParser
    private var part = Part.none
    private var partCount = 0
    private var pending: [UInt8] = []
    private var unchecked = 0

    private(set) var paths: [[[UInt8]]] = []
    private(set) var lengths: [Int] = []
    private(set) var givenName: [UInt8]?

    init(folder: UploadFolder, limits: UploadLimits, boundary: MultipartBoundary) {
        self.folder = folder
        self.limits = limits
        parser = MultipartParser(boundary: boundary)
    }

    mutating func take(_ bytes: ByteBufferView) async throws(UploadError) {
        parser.feed(bytes)
        while let event = try next() {
            switch event {
            case .begin(let headers): try await begin(headers)
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
        if case .file(let descriptor) = part { close(descriptor) }
        part = .none
    }

    private mutating func next() throws(UploadError) -> MultipartParser.Event? {
        do { return try parser.next() } catch { throw .multipart(error) }
    }

    private mutating func begin(_ headers: MultipartHeaders) async throws(UploadError) {
        partCount += 1
        guard partCount <= limits.parts else { throw .tooManyParts(limit: limits.parts) }
        switch headers.field {
        case "file":
            guard let fileName = headers.fileName, !fileName.isEmpty else { throw .unnamedFile }
            paths.append(try UploadNames.components(of: fileName))
            lengths.append(0)
            part = .file(descriptor: try await folder.createPart(lengths.count - 1))
        case "name":
            part = .name([])
        default:
            part = .ignored
        }
    }

    private mutating func append(_ bytes: [UInt8]) async throws(UploadError) {
        switch part {
        case .none, .ignored:
            return
        case .name(let name):
            guard name.count + bytes.count <= Self.maximumNameLength else {
                throw .multipart(.oversizedHeaders(limit: Self.maximumNameLength))
            }
            part = .name(name + bytes)
        case .file:
            pending += bytes
            if pending.count >= Self.runLength { try await flush() }
        }
    }

    private mutating func end() async throws(UploadError) {
        switch part {
        case .none, .ignored:
            break
        case .name(let name):
            givenName = name.isEmpty ? nil : name
        case .file(let descriptor):
            try await flush()
            part = .none
            try await folder.finish(descriptor)
        }
        part = .none
    }

    private mutating func flush() async throws(UploadError) {
        guard case .file(let descriptor) = part, !pending.isEmpty else { return }
        unchecked += pending.count
        if unchecked >= Self.spaceInterval {
            try await folder.requireSpace(for: pending.count)
            unchecked = 0
        }
        try await folder.write(pending, to: descriptor, at: lengths[lengths.count - 1])
        lengths[lengths.count - 1] += pending.count
        pending.removeAll(keepingCapacity: true)
    }
}
