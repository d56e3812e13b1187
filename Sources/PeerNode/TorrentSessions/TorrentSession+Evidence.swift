import BitTorrentTypes
import Logging
import PeerEngine
import PieceStore

/// Reading bad pieces back, so that the engine can tell who sent wrong blocks.
extension TorrentSession {
    /// Digests each block of a piece and tells the engine.
    ///
    /// It happens here and now, before blocks of the piece are written again; the bytes are fresh in the page cache, and
    /// bad pieces are rare. The digest is that of the standard library, whose key is new in every process.
    func digestBlocks(of piece: PieceIndex) {
        var bytes = [UInt8](repeating: 0, count: layout.length(of: piece))
        do throws(StoreError) {
            try read(&bytes, at: layout.start(of: piece))
        } catch {
            // Without evidence the engine still finds the liar, only later.
            return logger.warning("piece not read back", metadata: ["piece": "\(piece)", "reason": "\(error)"])
        }
        let digests = (0..<layout.blockCount(of: piece)).map { number -> UInt64 in
            let block = layout.block(number, of: piece)
            var hasher = Hasher()
            bytes.withUnsafeBytes { all in
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: all[block.offset..<block.offset + block.length]))
            }
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
        engine?.blocksDigested(piece, digests, at: now, into: &actions)
    }

    private func read(_ bytes: inout [UInt8], at offset: Int) throws(StoreError) {
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Void, StoreError> in
            do throws(StoreError) {
                return .success(try files.read(into: [buffer], at: offset))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
