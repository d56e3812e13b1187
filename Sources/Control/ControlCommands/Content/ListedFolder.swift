/// A folder on the way through a tree, and how far the way has come in it.
///
/// Entries are in the byte order of the paths below them, where a folder's name has a slash behind it; so a walk that goes
/// down at once meets all files of the tree in the byte order of their paths, and nobody has to sort those.
///
///     a.txt      0x2e
///     a/b        0x2f     the slash counts
///     a0         0x30
struct ListedFolder {
    let path: BytePath
    /// Below the root of the walk.
    let components: [[UInt8]]
    private let entries: [FolderListing.Entry]
    private var index = 0

    init(_ path: BytePath, components: [[UInt8]]) throws {
        try Task.checkCancellation()
        self.path = path
        self.components = components
        entries = try FolderListing.entries(in: path).sorted { Self.precedes($0, $1) }
    }

    mutating func next() -> FolderListing.Entry? {
        guard index < entries.count else { return nil }
        defer { index += 1 }
        return entries[index]
    }

    private static func precedes(_ first: FolderListing.Entry, _ second: FolderListing.Entry) -> Bool {
        let shared = min(first.name.count, second.name.count)
        for index in 0..<shared where first.name[index] != second.name[index] {
            return first.name[index] < second.name[index]
        }
        guard let left = ending(first, at: shared) else { return ending(second, at: shared) != nil }
        guard let right = ending(second, at: shared) else { return false }
        return left < right
    }

    /// The byte of a name at `index`, with the slash behind a folder's.
    private static func ending(_ entry: FolderListing.Entry, at index: Int) -> UInt8? {
        if index < entry.name.count { return entry.name[index] }
        return entry.stamp.kind == .folder ? UInt8(ascii: "/") : nil
    }
}
