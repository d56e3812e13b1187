import CHashKernels
import Testing

/// A path that this processor lacks is told as skipped; where it is, the other suites have run it.
@Suite struct `Paths of this processor` {
    @Test func `plain C is everywhere`() {
        #expect(chk_available(.automatic))
        #expect(chk_available(.portable))
    }

    @Test(.enabled(if: chk_available(.shani), "no SHA instructions of x86 here: the path sha-ni is not tested"))
    func `sha-ni is tested here`() { #expect(Kernel.here.contains { $0.path == .shani }) }

    @Test(.enabled(if: chk_available(.shaniVL), "no AVX-512VL here: the path sha-ni-vl is not tested"))
    func `sha-ni-vl is tested here`() { #expect(Kernel.here.contains { $0.path == .shaniVL }) }

    @Test(.enabled(if: chk_available(.avx2), "no AVX2 here: the path avx2 is not tested"))
    func `avx2 is tested here`() { #expect(Kernel.here.contains { $0.path == .avx2 }) }

    @Test(.enabled(if: chk_available(.avx512), "no AVX-512 here: the path avx512 is not tested"))
    func `avx512 is tested here`() { #expect(Kernel.here.contains { $0.path == .avx512 }) }

    @Test(.enabled(if: chk_available(.neon), "no NEON here: tools/test-kernels-arm tests it in an emulator"))
    func `neon is tested here`() { #expect(Kernel.here.contains { $0.path == .neon }) }

    @Test(.enabled(if: chk_available(.armv8), "no ARMv8 here: tools/test-kernels-arm tests it in an emulator"))
    func `armv8 is tested here`() { #expect(Kernel.here.contains { $0.path == .armv8 }) }

    @Test func `a path is found by its name`() {
        #expect(chk_path.all.count == CHK_PATH_COUNT)
        for path in chk_path.all {
            var found = chk_path.automatic
            #expect(chk_path_named(path.name, &found))
            #expect(found == path)
        }
        var untouched = chk_path.portable
        #expect(!chk_path_named("sha9000", &untouched))
        #expect(untouched == .portable)
    }

    @Test(arguments: [chk_algorithm.sha1, .sha256], 0...40)
    func `the best path for any number of messages is one that runs here`(algorithm: chk_algorithm, messages: Int) {
        let best = chk_best(algorithm, messages)
        #expect(best != .automatic)
        #expect(chk_available(best))
    }

    @Test(.enabled(if: chk_available(.avx512) && chk_available(.shani)))
    func `a lone SHA-1 does not take sixteen lanes, sixteen do`() {
        #expect(chk_best(.sha1, 1) == .shani)
        #expect(chk_best(.sha1, 16) == .avx512)
    }
}
