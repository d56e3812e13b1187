import Bencode
import BitTorrentTypes
import Crypto

/// Reads a .torrent file field by field; the first fault ends it.
struct MetainfoParser {
    static let maximumPieceLength = 512 << 20
    static let maximumTextLength = 1 << 20
    private static let maximumWebSeeds = 100

    private let bytes: [UInt8]
    private var warnings = Warnings()

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws(MetainfoError) -> Metainfo {
        let root = try decode()
        let info = try root.field("info")
        guard info.dictionary != nil else { throw .wrongType(field: "info", expected: "a dictionary") }
        try checkVersion(info)
        let name = try name(in: info)
        let pieceLength = try info.integer("piece length", in: 1...Self.maximumPieceLength)
        let pieces = try info.field("pieces")
        guard let hashes = pieces.string else { throw .wrongType(field: "pieces", expected: "a string") }
        let files = try files(in: info, name: name)
        let layout = try layout(of: files, pieceLength: pieceLength, hashBytes: hashes.count)
        let trackers = trackers(in: root)
        let webSeeds = webSeeds(in: root)
        let isPrivate = isPrivate(info)
        let plainComment = try text("comment", in: root)
        let comment = try text("comment.utf-8", in: root)
        return Metainfo(
            bytes: bytes,
            infoHash: infoHash(of: info.range),
            name: name,
            files: files,
            isSingleFile: info["files"] == nil,
            layout: layout,
            isPrivate: isPrivate,
            source: try text("source", in: info),
            trackers: trackers,
            webSeeds: webSeeds,
            comment: comment ?? plainComment,
            createdBy: try text("created by", in: root),
            creationDate: creationDate(in: root),
            warnings: warnings.lines,
            infoRange: info.range,
            piecesOffset: pieces.range.upperBound - hashes.count - info.range.lowerBound
        )
    }

    private func decode() throws(MetainfoError) -> BencodeNode {
        let root: BencodeNode
        do throws(BencodeError) {
            root = try BencodeNode.decode(bytes)
        } catch {
            throw .bencode(error)
        }
        guard root.dictionary != nil else { throw .notDictionary }
        return root
    }

    private mutating func checkVersion(_ info: BencodeNode) throws(MetainfoError) {
        var isVersionTwo = info["file tree"] != nil
        if let field = info["meta version"] {
            guard let version = field.integer else { throw .wrongType(field: "meta version", expected: "an integer") }
            guard version == 1 || version == 2 else { throw .unsupportedVersion(version) }
            isVersionTwo = isVersionTwo || version == 2
        }
        guard isVersionTwo else { return }
        guard info["pieces"] != nil else { throw .versionTwoOnly }
        warnings.add("hybrid torrent (BEP 52): only its version 1 is used")
    }

    private func infoHash(of range: Range<Int>) -> InfoHash {
        var sha1 = Insecure.SHA1()
        bytes.withUnsafeBytes { sha1.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[range])) }
        guard let hash = InfoHash(Array(sha1.finalize())) else { preconditionFailure("a SHA-1 has 20 bytes") }
        return hash
    }

    private func layout(
        of files: [MetainfoFile],
        pieceLength: Int,
        hashBytes: Int
    ) throws(MetainfoError) -> PieceLayout {
        guard hashBytes > 0, hashBytes.isMultiple(of: InfoHash.byteCount) else { throw .raggedPieces(count: hashBytes) }
        let totalLength = files.last.map { $0.offset + $0.length } ?? 0
        let layout: PieceLayout
        do throws(PieceLayoutError) {
            layout = try PieceLayout(totalLength: totalLength, pieceLength: pieceLength)
        } catch {
            throw .layout(error)
        }
        let actual = hashBytes / InfoHash.byteCount
        guard actual == layout.pieceCount else { throw .wrongPieceCount(expected: layout.pieceCount, actual: actual) }
        return layout
    }

    // MARK: - Names and files

    private mutating func name(in info: BencodeNode) throws(MetainfoError) -> [UInt8] {
        let field = try info.field("name")
        guard let plain = field.string else { throw .wrongType(field: "name", expected: "a string") }
        let name = info["name.utf-8"]?.string.flatMap(Self.utf8) ?? plain
        if let fault = PathRules.fault(inComponent: name) { throw .path(fault, path: Self.shown([name])) }
        warnOfLookAlikes([name])
        return name
    }

    private mutating func files(in info: BencodeNode, name: [UInt8]) throws(MetainfoError) -> [MetainfoFile] {
        switch (info["length"], info["files"]) {
        case (.some, .some):
            throw .lengthAndFiles
        case (nil, nil):
            throw .neitherLengthNorFiles
        case (.some, nil):
            let length = try info.integer("length", in: 0...Int.max)
            return [MetainfoFile(path: [name], length: length, offset: 0)]
        case (nil, .some(let field)):
            guard let entries = field.list else { throw .wrongType(field: "files", expected: "a list") }
            guard !entries.isEmpty else { throw .noFiles }
            return try files(entries, name: name)
        }
    }

    private mutating func files(_ entries: [BencodeNode], name: [UInt8]) throws(MetainfoError) -> [MetainfoFile] {
        var files: [MetainfoFile] = []
        files.reserveCapacity(entries.count)
        var tree = PathTree()
        var offset = 0
        for entry in entries {
            guard entry.dictionary != nil else { throw .wrongType(field: "files", expected: "a list of dictionaries") }
            let path = try path(in: entry)
            if let fault = PathRules.fault(inPath: path) { throw .path(fault, path: Self.shown(path)) }
            let attributes = entry["attr"]?.string ?? []
            if attributes.contains(UInt8(ascii: "l")) {
                guard (entry["length"]?.integer ?? 0) == 0 else { throw .linkWithLength(path: Self.shown(path)) }
                warnings.add("symbolic link left out: \(Self.shown(path))")
                continue
            }
            let length = try entry.integer("length", in: 0...Int.max)
            let (end, overflow) = offset.addingReportingOverflow(length)
            guard !overflow else { throw .totalLengthOverflow }
            let isPadding = attributes.contains(UInt8(ascii: "p"))
            guard isPadding || tree.insert(path) else { throw .pathCollision(path: Self.shown(path)) }
            warnOfLookAlikes(path)
            files.append(MetainfoFile(path: path, length: length, offset: offset, isPadding: isPadding))
            offset = end
        }
        return files
    }

    /// The path in UTF-8 where the torrent has one besides another encoding.
    private func path(in entry: BencodeNode) throws(MetainfoError) -> [[UInt8]] {
        guard let plain = try entry.field("path").list?.strings else {
            throw .wrongType(field: "path", expected: "a list of strings")
        }
        guard let field = entry["path.utf-8"] else { return plain }
        guard let path = field.list?.strings else {
            throw .wrongType(field: "path.utf-8", expected: "a list of strings")
        }
        return path.allSatisfy { Self.utf8($0) != nil } ? path : plain
    }

    private mutating func warnOfLookAlikes(_ path: [[UInt8]]) {
        for component in path where PathRules.hasLookAlike(component) {
            warnings.add("name with a look-alike of a path separator or dot, kept: \(Self.shown([component]))")
        }
    }

    // MARK: - What does not belong to the identity

    private mutating func trackers(in root: BencodeNode) -> [[String]] {
        var list = TrackerList()
        if let tiers = root["announce-list"] {
            if tiers.list == nil { warnings.add("'announce-list' ignored: it is not a list") }
            for tier in tiers.list ?? [] {
                guard let urls = tier.list?.strings ?? tier.string.map({ [$0] }) else {
                    warnings.add("tier of trackers ignored: it is not a list of strings")
                    continue
                }
                list.append(urls, field: "tracker")
            }
        }
        if let announce = root["announce"] {
            if let url = announce.string {
                // BEP 12: the list replaces the single tracker.
                if list.tiers.isEmpty, !url.isEmpty { list.append([url], field: "tracker") }
            } else {
                warnings.add("'announce' ignored: it is not a string")
            }
        }
        for warning in list.warnings { warnings.add(warning) }
        if list.leftOut > 0 {
            warnings.add("\(list.leftOut) trackers left out: more than \(TrackerList.maximumTrackers)")
        }
        return list.tiers
    }

    private mutating func webSeeds(in root: BencodeNode) -> [String] {
        guard let field = root["url-list"] else { return [] }
        guard let addresses = field.list?.strings ?? field.string.map({ $0.isEmpty ? [] : [$0] }) else {
            warnings.add("'url-list' ignored: it is not a list of strings")
            return []
        }
        var kept: [String] = []
        for address in addresses {
            switch TrackerURL.check(address, schemes: TrackerURL.webSeedSchemes) {
            case .success(let url):
                if kept.count < Self.maximumWebSeeds {
                    kept.append(url)
                } else {
                    warnings.add("web seed left out: more than \(Self.maximumWebSeeds)")
                }
            case .failure(let refusal):
                warnings.add(
                    "web seed dropped, it \(refusal.reason): \(PrintableText.escape(address.prefix(200)))"
                )
            }
        }
        return kept
    }

    private mutating func isPrivate(_ info: BencodeNode) -> Bool {
        guard let field = info["private"] else { return false }
        guard let flag = field.integer else {
            warnings.add("'private' ignored: it is not an integer")
            return false
        }
        return flag == 1
    }

    private mutating func creationDate(in root: BencodeNode) -> Int? {
        guard let field = root["creation date"] else { return nil }
        if field.integer == nil { warnings.add("'creation date' ignored: it is not an integer of 64 bits") }
        return field.integer
    }

    private mutating func text(_ field: String, in node: BencodeNode) throws(MetainfoError) -> [UInt8]? {
        guard let value = node[field] else { return nil }
        guard let text = value.string else {
            warnings.add("'\(field)' ignored: it is not a string")
            return nil
        }
        guard text.count <= Self.maximumTextLength else {
            throw .tooLong(field: field, count: text.count, limit: Self.maximumTextLength)
        }
        return text
    }

    private static func utf8(_ bytes: [UInt8]) -> [UInt8]? {
        String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
    }

    /// A path as a message shows it: escaped, and cut where it gets boring.
    private static func shown(_ path: [[UInt8]]) -> String {
        let joined = path.prefix(40).joined(separator: [UInt8(ascii: "/")])
        let text = PrintableText.escape(Array(joined.prefix(300)))
        return text.isEmpty ? "(empty)" : text
    }
}

// MARK: - Fields

extension BencodeNode {
    fileprivate func field(_ name: String) throws(MetainfoError) -> BencodeNode {
        guard let field = self[name] else { throw .missing(field: name) }
        return field
    }

    fileprivate func integer(_ name: String, in allowed: ClosedRange<Int>) throws(MetainfoError) -> Int {
        guard let integer = try field(name).integer else { throw .wrongType(field: name, expected: "an integer") }
        guard allowed.contains(integer) else { throw .outOfRange(field: name, value: integer, allowed: allowed) }
        return integer
    }
}

extension [BencodeNode] {
    /// The strings of a list of nothing else.
    fileprivate var strings: [[UInt8]]? {
        let strings = compactMap(\.string)
        return strings.count == count ? strings : nil
    }
}
