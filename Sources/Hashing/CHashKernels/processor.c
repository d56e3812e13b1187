// What this processor can do, and what its operating system saves when it switches threads.
#include "kernels.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>

/// Register state that the operating system saves (XCR0): without it a vector register may change at any time.
static uint64_t saved_state(void) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static chk_processor ask(void) {
    const unsigned osxsave = 1u << 27, ssse3 = 1u << 9, sse41 = 1u << 19;
    const unsigned avx2 = 1u << 5, avx512f = 1u << 16, sha = 1u << 29, avx512bw = 1u << 30,
                   avx512vl = 1u << 31;
    const uint64_t ymm = 0x06, zmm = 0xe6; // bits 1-2: xmm and ymm; 5-7: masks, upper halves, upper sixteen
    unsigned eax, ebx, ecx, edx, features;
    if (!__get_cpuid(1, &eax, &ebx, &features, &edx)) return (chk_processor){false};
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return (chk_processor){false};
    uint64_t saved = features & osxsave ? saved_state() : 0;
    return (chk_processor){
        .shani = ebx & sha && features & ssse3 && features & sse41,
        .avx2 = ebx & avx2 && (saved & ymm) == ymm,
        .avx512 = ebx & avx512f && ebx & avx512bw && (saved & zmm) == zmm,
        .avx512vl = ebx & avx512f && ebx & avx512vl && (saved & zmm) == zmm,
    };
}

#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

static chk_processor ask(void) {
    unsigned long features = getauxval(AT_HWCAP);
    return (chk_processor){
        .neon = features & HWCAP_ASIMD,
        .armv8 = features & HWCAP_SHA1 && features & HWCAP_SHA2,
    };
}

#else

static chk_processor ask(void) { return (chk_processor){false}; }

#endif

chk_processor chk_this_processor(void) {
    // A virtual machine answers `cpuid` in a microsecond and more. The answer never changes, so a race writes it twice.
    enum { known = 1, shani = 2, avx2 = 4, avx512 = 8, neon = 16, armv8 = 32, avx512vl = 64 };
    static _Atomic unsigned answer;
    unsigned bits = atomic_load_explicit(&answer, memory_order_relaxed);
    if (!bits) {
        chk_processor found = ask();
        bits = known | (found.shani ? shani : 0) | (found.avx2 ? avx2 : 0) | (found.avx512 ? avx512 : 0)
            | (found.avx512vl ? avx512vl : 0) | (found.neon ? neon : 0) | (found.armv8 ? armv8 : 0);
        atomic_store_explicit(&answer, bits, memory_order_relaxed);
    }
    return (chk_processor){
        .shani = bits & shani,
        .avx2 = bits & avx2,
        .avx512 = bits & avx512,
        .avx512vl = bits & avx512vl,
        .neon = bits & neon,
        .armv8 = bits & armv8,
    };
}
