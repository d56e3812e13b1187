/// The order of files in version 2 and in hybrids: that of the nested, sorted dictionaries of the file tree.
///
///     a/x        names are compared byte by byte, one level after the other, so all of a folder comes
///     a-b        where its name comes: `a` before `a-b`
///     a.txt      (sorted as joined text `a-b` and `a.txt` would come before `a/x`)
///
/// libtorrent 2.1.1 creates hybrids in the joined order, and then refuses to load those where it makes a difference.
///
/// - Source: BEP 52, "piece length": files lie in the order of the file tree.
package enum FileTreeOrder {
    /// Bytes that sort as `path` does in the tree: its names with a zero, which no name has, between them.
    package static func key(of path: [[UInt8]]) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(path.reduce(path.count) { $0 + $1.count })
        for name in path {
            if !key.isEmpty { key.append(0) }
            key += name
        }
        return key
    }
}
