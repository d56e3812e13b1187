import BitTorrentTypes
import Metainfo
import Testing

/// A torrent in pieces of 32 KiB whose files have `i * 31 ^ i >> 8` as byte `i`, and its info-hashes in
/// libtorrent 2.1.1 (`create_torrent` of the sorted files, with `v1_only`, no flag and `v2_only`).
struct KnownTorrent: Sendable, CustomTestStringConvertible {
    let tree: HashedTree
    var isPrivate = false
    let v1: String
    /// Of version 1 and of version 2.
    let hybrid: (String, String)
    let v2: String

    var testDescription: String { tree.name + (isPrivate ? " (private)" : "") }

    static let tree = HashedTree(
        name: "tree",
        files: [("a/x", 40_000), ("a/y", 40_000), ("b", 16_384), ("c", 0), ("d/ü", 5)].map { path, length in
            (path.bytes.split(separator: UInt8(ascii: "/")).map { Array($0) }, content(length))
        }
    )

    static func content(_ length: Int) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: ($0 * 31) ^ ($0 >> 8)) }
    }
}

@Suite struct `Info-hashes` {
    @Test(arguments: [
        KnownTorrent(
            tree: KnownTorrent.tree,
            v1: "2c53e02555dec431cbf8529d2c69db92538661dd",
            hybrid: (
                "8ce1de01b00741c507a0f2d9f5ccf9327dffdc84",
                "e9220f0f61b3bcfcd46e152960491e7cc6c60de6d36f03d01232530502ebc1a0"
            ),
            v2: "3694c6ea1983a25f8a7d56a0430cd2291e93d8b26f7962bae5900ef38b914fc5"
        ),
        KnownTorrent(
            tree: KnownTorrent.tree,
            isPrivate: true,
            v1: "62315fbed7e6a5e0d951bbf737704454fe68c989",
            hybrid: (
                "d4358b624bf9865d6d15185178c94746f510b2de",
                "bff9ccc54d5f2521c3782e7f14a3b49504a10e87ecffe961cddd6f1c36a1811e"
            ),
            v2: "a1838fea0521a12b98e187c54bb553b63bfd8fc17a86d09041034238f8425667"
        ),
        KnownTorrent(
            tree: HashedTree(
                name: "one",
                files: [(["one".bytes], KnownTorrent.content(70_000))],
                isSingleFile: true
            ),
            v1: "48e1bf15592f091bc7f2f7f2974cfe3d29d30a22",
            hybrid: (
                "a5c6c3fc3ce57ac1189a959d71e5df0f8d387b0d",
                "83b8fd4ac4f61841bdd279bb8cb2d685c7ad65c252cc5798f9f0748492923335"
            ),
            v2: "8ded6e027a4b0be88ea389d597dfb04b8751b3ea24cae0a0f8600a8e559a4baf"
        ),
        KnownTorrent(
            tree: HashedTree(name: "folder", files: [(["x".bytes], KnownTorrent.content(20_000))]),
            v1: "789b6e197bb2e5a1c91ffc4c2534ba442619d0db",
            hybrid: (
                "abeae33753deb3d5211af62487a1f15bc343dc92",
                "574533c2bc79605c45bbe2d2954a9b4a5dde3773bfa91653ba9c9eab578f99c7"
            ),
            v2: "68de38c21a983b373ba10ca213e613101c633c5f25a7d3bb2713eb514006945c"
        ),
    ])
    func `are those of libtorrent`(known: KnownTorrent) throws {
        func build(_ version: MetainfoVersion) throws -> Metainfo {
            var builder = known.tree.builder(version, pieceLength: 32_768)
            builder.isPrivate = known.isPrivate
            return try builder.build()
        }
        let v1 = try build(.v1)
        #expect(v1.infoHash.hex == known.v1 && v1.infoHashV2 == nil)
        let hybrid = try build(.hybrid)
        #expect(hybrid.infoHash.hex == known.hybrid.0 && hybrid.infoHashV2?.hex == known.hybrid.1)
        let v2 = try build(.v2)
        #expect(v2.infoHashV2?.hex == known.v2 && v2.infoHashV1 == nil)
    }
}
