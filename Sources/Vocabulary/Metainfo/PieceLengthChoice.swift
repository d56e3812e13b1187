import BitTorrentTypes

extension MetainfoBuilder {
    /// The piece length for `totalLength` bytes when nobody asks for another, a power of two as version 2 demands.
    ///
    ///     2.5 MiB → 16 KiB   64 MiB → 128 KiB   1 GiB → 512 KiB   16 GiB → 2 MiB   640 GiB and more → 16 MiB
    ///
    /// The rule of libtorrent 2.1.1, so that the same files get the same info-hash by default in most clients: the
    /// hashes of version 1 take about twice the square root of the total length. Small pieces spread sooner and waste
    /// less when one is bad; but each costs 20 or 32 bytes of metainfo, a `have` from every peer, and a row in the work of
    /// everybody. Past 16 MiB, which some clients refuse, pieces grow only where there would be more than we accept.
    package static func automaticPieceLength(totalLength: Int) -> Int {
        var length = PieceLayout.blockLength
        // Half of total / length hashes of 20 bytes is its square root when total = (length / 10)².
        while length < 16 << 20, totalLength > (length * length + 50) / 100 { length *= 2 }
        while length < MetainfoParser.maximumPieceLength, totalLength / length >= PieceLayout.maximumPieceCount {
            length *= 2
        }
        return length
    }
}
