/// The files of a tree among the bytes of the torrent.
extension FileTree {
    /// Every file with bytes at the start of a piece, behind padding that the torrent does not name.
    func aligned(toPiecesOf pieceLength: Int) throws(MetainfoError) -> [MetainfoFile] {
        var aligned: [MetainfoFile] = []
        aligned.reserveCapacity(2 * files.count)
        var end = 0
        func add(_ path: [[UInt8]], length: Int, piecesRoot: [UInt8]?, isPadding: Bool) throws(MetainfoError) {
            let (next, overflow) = end.addingReportingOverflow(length)
            guard !overflow else { throw .totalLengthOverflow }
            aligned.append(
                MetainfoFile(path: path, length: length, offset: end, isPadding: isPadding, piecesRoot: piecesRoot)
            )
            end = next
        }
        for file in files {
            let gap = file.length > 0 ? FileAlignment.padding(after: end, pieceLength: pieceLength) : 0
            if gap > 0 {
                try add(FileAlignment.paddingPath(length: gap), length: gap, piecesRoot: nil, isPadding: true)
            }
            try add(file.path, length: file.length, piecesRoot: file.piecesRoot, isPadding: false)
        }
        return aligned
    }

    /// The files of version 1 with the roots of version 2, when both are the same files, in the same pieces.
    ///
    /// Padding may stand anywhere between two files with bytes, in any number of entries; behind the last it may be
    /// there or not, but never as a piece of its own.
    func joined(with versionOne: [MetainfoFile], pieceLength: Int) throws(MetainfoError) -> [MetainfoFile] {
        var joined: [MetainfoFile] = []
        joined.reserveCapacity(versionOne.count)
        var rest = files[...]
        var nextPiece = 0
        for file in versionOne {
            guard !file.isPadding else {
                joined.append(file)
                continue
            }
            guard let twin = rest.popFirst(), twin.path == file.path, twin.length == file.length else {
                throw .versionTwo(.differsFromVersionOne(path: MetainfoParser.shown(file.path)))
            }
            if file.length > 0 {
                guard file.offset == nextPiece else {
                    throw .versionTwo(.unaligned(path: MetainfoParser.shown(file.path)))
                }
                let end = file.offset + file.length
                let (next, overflow) = end.addingReportingOverflow(
                    FileAlignment.padding(after: end, pieceLength: pieceLength)
                )
                guard !overflow else { throw .totalLengthOverflow }
                nextPiece = next
            }
            joined.append(
                MetainfoFile(
                    path: file.path,
                    length: file.length,
                    offset: file.offset,
                    piecesRoot: twin.piecesRoot
                )
            )
        }
        if let extra = rest.first {
            throw .versionTwo(.differsFromVersionOne(path: MetainfoParser.shown(extra.path)))
        }
        if let last = versionOne.last, last.offset + last.length > nextPiece {
            throw .versionTwo(.unaligned(path: MetainfoParser.shown(last.path)))
        }
        return joined
    }
}
