import Testing

@testable import PieceHashing

@Suite struct `Hash path` {
    @Test func `is chosen by name, and left alone without one`() throws {
        for path in HashPath.available { #expect(try HashPath(named: path.name) == path) }
        #expect(try HashPath(environment: [:]) == .automatic)
        #expect(try HashPath(environment: ["P2P_HASH_PATH": ""]) == .automatic)
        #expect(try HashPath(environment: ["P2P_HASH_PATH": "portable"]).name == "portable")
    }

    @Test func `that does not exist is refused in a sentence`() {
        #expect(throws: HashPathError.unknown("sha-nx")) { try HashPath(environment: ["P2P_HASH_PATH": "sha-nx"]) }
        let text = HashPathError.unknown("sha-nx").description
        #expect(text.hasPrefix("P2P_HASH_PATH is \"sha-nx\", which is no way to hash; choose of automatic, portable"))
    }

    @Test func `that this processor cannot take is refused`() {
        #if arch(x86_64)
        let foreign = "neon"
        #else
        let foreign = "avx2"
        #endif
        #expect(throws: HashPathError.unavailable(foreign)) { try HashPath(named: foreign) }
    }
}
