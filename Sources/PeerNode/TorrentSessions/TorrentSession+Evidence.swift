import BitTorrentTypes
import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerEngine
import PieceStore

/// Reading bad pieces back, so that the engine can tell who sent wrong blocks.
extension TorrentSession {
    /// Digests each block of a piece, away from the event loop, and tells the engine.
    ///
    /// What is written to the piece meanwhile makes the engine forget the evidence; an answer that a later question has
    /// overtaken is dropped. The digest is that of the standard library, whose key is new in every process.
    func digestBlocks(of piece: PieceIndex) {
        digestsAsked += 1
        let (number, run) = (digestsAsked, run)
        digesting[piece] = number
        let files = files
        let result = environment.coldReads.runIfActive(eventLoop: eventLoop) { try files.blockDigests(of: piece) }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        result.whenComplete { result in
            bound.value.assumeIsolated { session in
                guard session.run == run, session.digesting[piece] == number else { return }
                session.digesting[piece] = nil
                session.take(result, of: piece)
            }
        }
    }

    private func take(_ digests: Result<[UInt64], any Error>, of piece: PieceIndex) {
        switch digests {
        case .success(let digests):
            engine?.blocksDigested(piece, digests, at: now, into: &actions)
            pump()
        case .failure(let error):
            // Without evidence the engine still finds the liar, only later.
            logger.warning("piece not read back", metadata: ["piece": "\(piece)", "reason": "\(error)"])
        }
    }
}

extension TorrentFiles {
    /// A digest of each block of a piece, as it is on the disk.
    fileprivate func blockDigests(of piece: PieceIndex) throws(StoreError) -> [UInt64] {
        let layout = metainfo.layout
        var bytes = [UInt8](repeating: 0, count: layout.length(of: piece))
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Void, StoreError> in
            do throws(StoreError) {
                return .success(try read(into: [buffer], at: layout.start(of: piece)))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return (0..<layout.blockCount(of: piece)).map { number in
            let block = layout.block(number, of: piece)
            var hasher = Hasher()
            bytes.withUnsafeBytes { all in
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: all[block.offset..<block.offset + block.length]))
            }
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
    }
}
