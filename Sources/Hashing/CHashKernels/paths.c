// Which kernels a path has, and which of them is cheapest for how many messages.
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[CHK_PATH_COUNT] = {
    [chk_automatic] = "automatic", [chk_portable] = "portable", [chk_shani] = "sha-ni",
    [chk_shani_vl] = "sha-ni-vl",  [chk_avx2] = "avx2",         [chk_avx512] = "avx512",
    [chk_neon] = "neon",           [chk_armv8] = "armv8",
};

const char *chk_path_name(chk_path path) { return names[path]; }

bool chk_path_named(const char *name, chk_path *path) {
    for (int index = 0; index < CHK_PATH_COUNT; index++) {
        if (strcmp(name, names[index]) != 0) continue;
        *path = (chk_path)index;
        return true;
    }
    return false;
}

bool chk_available(chk_path path) {
    chk_processor processor = chk_this_processor();
    switch (path) {
        case chk_automatic:
        case chk_portable: return true;
        case chk_shani: return processor.shani;
        case chk_shani_vl: return processor.shani && processor.avx512vl;
        case chk_avx2: return processor.avx2;
        case chk_avx512: return processor.avx512;
        case chk_neon: return processor.neon;
        case chk_armv8: return processor.armv8;
    }
    return false;
}

// MARK: - Choice

// Costs are nanoseconds for one block in every lane, measured on Zen 4 at 3.7 GHz. Elsewhere the ratios differ, but not
// so much that sixteen lanes would lose to four when all are busy, or win when a few are. Those of ARM are estimated.

static const chk_kernel sha1_kernels[] = {
#if defined(__x86_64__)
    {chk_avx512, 16, 125, chk_sha1_avx512},
    {chk_avx2, 8, 122, chk_sha1_avx2},
    {chk_shani, 4, 55, chk_sha1_shani_4},
    {chk_shani, 2, 39, chk_sha1_shani_2},
    {chk_shani, 1, 33, chk_sha1_shani_1},
    {chk_shani_vl, 4, 66, chk_sha1_shani_vl_4},
    {chk_shani_vl, 2, 39, chk_sha1_shani_vl_2},
    {chk_shani_vl, 1, 33, chk_sha1_shani_vl_1},
#elif defined(__aarch64__)
    {chk_armv8, 4, 80, chk_sha1_armv8_4},
    {chk_armv8, 2, 50, chk_sha1_armv8_2},
    {chk_armv8, 1, 40, chk_sha1_armv8_1},
    {chk_neon, 4, 200, chk_sha1_neon},
#endif
    {chk_portable, 1, 77, chk_sha1_portable},
};

static const chk_kernel sha256_kernels[] = {
#if defined(__x86_64__)
    {chk_avx512, 16, 293, chk_sha256_avx512},
    {chk_avx2, 8, 280, chk_sha256_avx2},
    {chk_shani_vl, 4, 63, chk_sha256_shani_vl_4},
    {chk_shani, 4, 69, chk_sha256_shani_4},
    {chk_shani, 2, 39, chk_sha256_shani_2},
    {chk_shani, 1, 35, chk_sha256_shani_1},
    {chk_shani_vl, 2, 39, chk_sha256_shani_vl_2},
    {chk_shani_vl, 1, 35, chk_sha256_shani_vl_1},
#elif defined(__aarch64__)
    {chk_armv8, 4, 80, chk_sha256_armv8_4},
    {chk_armv8, 2, 50, chk_sha256_armv8_2},
    {chk_armv8, 1, 40, chk_sha256_armv8_1},
    {chk_neon, 4, 200, chk_sha256_neon},
#endif
    {chk_portable, 1, 186, chk_sha256_portable},
};

chk_choice chk_choice_of(chk_path path, chk_algorithm algorithm) {
    const chk_kernel *kernel = algorithm == chk_sha1 ? sha1_kernels : sha256_kernels;
    const chk_kernel *end = algorithm == chk_sha1 ? sha1_kernels + sizeof sha1_kernels / sizeof *kernel
                                                  : sha256_kernels + sizeof sha256_kernels / sizeof *kernel;
    chk_choice choice = {0};
    for (; kernel < end; kernel++) {
        bool asked_for = path == chk_automatic || path == kernel->path;
        if (asked_for && chk_available(kernel->path)) choice.kernels[choice.count++] = *kernel;
    }
    // The header asks for a path that is available; going on with another would pass for a test of this one.
    if (choice.count == 0) abort();
    return choice;
}

const chk_kernel *chk_cheapest(const chk_choice *choice, size_t messages) {
    const chk_kernel *end = choice->kernels + choice->count, *first = NULL;
    unsigned total[CHK_LANES_MAX + 1] = {0}; // the least that a block of so many messages costs, over several steps
    if (messages > CHK_LANES_MAX) messages = CHK_LANES_MAX;
    for (size_t count = 1; count <= messages; count++) {
        first = NULL;
        for (const chk_kernel *kernel = choice->kernels; kernel < end; kernel++) {
            unsigned cost = kernel->cost + (count > kernel->lanes ? total[count - kernel->lanes] : 0);
            if (first && total[count] <= cost) continue;
            first = kernel;
            total[count] = cost;
        }
    }
    return first;
}

chk_path chk_best(chk_algorithm algorithm, size_t messages) {
    const chk_choice choice = chk_choice_of(chk_automatic, algorithm);
    return chk_cheapest(&choice, messages > 0 ? messages : 1)->path;
}
