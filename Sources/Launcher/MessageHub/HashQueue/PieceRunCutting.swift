import BitTorrentTypes

extension PieceRun {
    /// The run of some of its pieces.
    ///
    ///     slices  │ a │   b   │ c │
    ///     pieces  │ 0 │ 1 │ 2 │ 3 │   cut to 1..<3:  │ a's end │ b │
    func cut(to pieces: Range<Int>) throws(PieceRunError) -> PieceRun {
        let end = min(pieces.upperBound * pieceLength, totalLength)
        var offset = pieces.lowerBound * pieceLength
        var index = firstSlice(endingAfter: offset)
        var cut: [FileSlice] = []
        while offset < end, index < slices.count {
            let slice = slices[index]
            let inside = offset - starts[index]
            let length = min(slice.length - inside, end - offset)
            if length > 0 {
                cut.append(
                    FileSlice(path: slice.path, offset: slice.isPadding ? 0 : slice.offset + inside, length: length)
                )
            }
            offset += length
            index += 1
        }
        return try PieceRun(slices: cut, pieceLength: pieceLength, hashes: hashes)
    }

    private func firstSlice(endingAfter offset: Int) -> Int {
        var low = 0
        var high = slices.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] + slices[middle].length > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
