/// Why a name from outside may not become part of a path.
package enum PathFault: Hashable, Sendable, CustomStringConvertible {
    case emptyPath
    case emptyComponent
    case dots
    case nul
    case separator
    case driveLetter
    /// A forbidden character in a UTF-8 form that a careless decoder would take.
    case overlongEncoding
    case longComponent(count: Int)
    case longPath(count: Int)
    case deepPath(count: Int)

    package var description: String {
        switch self {
        case .emptyPath: "empty path"
        case .emptyComponent: "empty name"
        case .dots: "name of only dots"
        case .nul: "name with a NUL"
        case .separator: "name with a path separator"
        case .driveLetter: "drive letter as a name"
        case .overlongEncoding: "name with an over-long encoding of a path character"
        case .longComponent(let count):
            "name of \(count) bytes, more than the \(PathRules.maximumComponent) a disk takes,"
        case .longPath(let count): "path of \(count) bytes, more than the \(PathRules.maximumPath) a system takes,"
        case .deepPath(let count): "path of \(count) levels, more than the \(PathRules.maximumDepth) we accept,"
        }
    }
}

/// What a path in a torrent must be, so that its file can lie nowhere but in the torrent's own folder.
///
/// Names are bytes: whatever the rules do not name is kept as it is, valid UTF-8 or not.
package enum PathRules {
    /// NAME_MAX of Linux, in bytes.
    static let maximumComponent = 255
    /// Leaves room in PATH_MAX (4096) for the folder that the torrent goes to.
    static let maximumPath = 3_000
    static let maximumDepth = 256

    static func fault(inComponent bytes: [UInt8]) -> PathFault? {
        if bytes.isEmpty { return .emptyComponent }
        if bytes.count <= 2, bytes.allSatisfy({ $0 == dot }) { return .dots }
        if bytes.count == 2, bytes[1] == UInt8(ascii: ":"), isLetter(bytes[0]) { return .driveLetter }
        // One pass, because torrents have names by the ten thousand.
        var mayBeOverlong = false
        for byte in bytes {
            switch byte {
            case 0: return .nul
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): return .separator
            case 0xC0, 0xC1, 0xE0, 0xF0: mayBeOverlong = true
            default: continue
            }
        }
        if mayBeOverlong, hasOverlongForm(bytes) { return .overlongEncoding }
        if bytes.count > maximumComponent { return .longComponent(count: bytes.count) }
        return nil
    }

    package static func fault(inPath path: [[UInt8]]) -> PathFault? {
        if path.isEmpty { return .emptyPath }
        if path.count > maximumDepth { return .deepPath(count: path.count) }
        var count = path.count - 1
        for component in path {
            if let fault = fault(inComponent: component) { return fault }
            count += component.count
        }
        return count > maximumPath ? .longPath(count: count) : nil
    }

    /// Whether `bytes` are UTF-8 with a character that looks like a separator or a dot and is none.
    static func hasLookAlike(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while let start = rest.firstIndex(where: { $0 == 0xE2 || $0 == 0xEF }) {
            rest = rest[start...]
            if lookAlikes.contains(where: rest.starts) { return String(validating: bytes, as: UTF8.self) != nil }
            rest = rest.dropFirst()
        }
        return false
    }

    /// Each begins with 0xE2 or 0xEF.
    private static let lookAlikes = ["\u{FF0F}", "\u{FF3C}", "\u{FF0E}", "\u{2044}", "\u{2215}", "\u{29F8}"].map {
        Array($0.utf8)
    }

    private static let dot = UInt8(ascii: ".")

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// Finds NUL, `.`, `/` and `\` in two, three or four bytes, which valid UTF-8 never has.
    private static func hasOverlongForm(_ bytes: [UInt8]) -> Bool {
        let tails: [[UInt8]] = [[0xC0, 0x80], [0xC0, 0xAE], [0xC0, 0xAF], [0xC1, 0x9C]]
        return bytes.indices.contains { start in
            let rest = bytes[start...]
            return tails.contains { tail in
                let low: [UInt8] = [0x80 | (tail[0] & 1), tail[1]]
                return rest.starts(with: tail) || rest.starts(with: [0xE0] + low)
                    || rest.starts(with: [0xF0, 0x80] + low)
            }
        }
    }
}

/// Tells whether two files of a torrent would be one on a disk that folds case and normalises Unicode.
///
///     A/x      root ── "a" ── "x" (file)
///     a/X                └─── "x" is a file already: collision
struct PathTree {
    private enum Kind {
        case folder(Int)
        case file
    }

    private enum Name: Hashable {
        /// Lower case; `String` compares by canonical equivalence, so normal forms are equal.
        case text(String)
        /// Not UTF-8, so nothing folds it.
        case bytes([UInt8])
    }

    private struct Key: Hashable {
        let folder: Int
        let name: Name
    }

    private var kinds: [Key: Kind] = [:]
    private var folderCount = 1
    /// The folder of the path before, and its names: most files lie where their predecessor does.
    private var lastFolder = (names: ArraySlice<[UInt8]>(), number: 0)

    init(expecting count: Int) {
        kinds.reserveCapacity(count)
    }

    /// Takes a path in; returns false when a file is there, or where it needs a folder, already.
    mutating func insert(_ path: [[UInt8]]) -> Bool {
        guard let name = path.last else { return false }
        let folders = path.dropLast()
        if lastFolder.names != folders {
            guard let number = folder(folders) else { return false }
            lastFolder = (folders, number)
        }
        return kinds.updateValue(.file, forKey: Key(folder: lastFolder.number, name: Self.fold(name))) == nil
    }

    /// The number of a folder, which is made when it is new; `nil` when a file is in its way.
    private mutating func folder(_ names: ArraySlice<[UInt8]>) -> Int? {
        var folder = 0
        for name in names {
            let key = Key(folder: folder, name: Self.fold(name))
            switch kinds[key] {
            case .folder(let next):
                folder = next
            case .file:
                return nil
            case nil:
                kinds[key] = .folder(folderCount)
                folder = folderCount
                folderCount += 1
            }
        }
        return folder
    }

    private static func fold(_ component: [UInt8]) -> Name {
        String(validating: component, as: UTF8.self).map { .text($0.lowercased()) } ?? .bytes(component)
    }
}
