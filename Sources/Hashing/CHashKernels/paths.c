// Which kernels a path has, and which of them is best for how many messages.
#include "kernels.h"

#include <string.h>

static const char *const names[CHK_PATH_COUNT] = {
    [chk_automatic] = "automatic", [chk_portable] = "portable", [chk_shani] = "sha-ni", [chk_avx2] = "avx2",
    [chk_avx512] = "avx512",       [chk_neon] = "neon",         [chk_armv8] = "armv8",
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
        case chk_avx2: return processor.avx2;
        case chk_avx512: return processor.avx512;
        case chk_neon: return processor.neon;
        case chk_armv8: return processor.armv8;
    }
    return false;
}

static void add_rung(chk_ladder *ladder, size_t from, size_t lanes, chk_kernel *kernel) {
    ladder->rungs[ladder->count++] = (chk_rung){from, lanes, kernel};
}

void chk_ladder_of(chk_path path, chk_algorithm algorithm, chk_ladder *ladder) {
    ladder->count = 0;
    add_rung(ladder, 1, 1, algorithm == chk_sha1 ? chk_sha1_portable : chk_sha256_portable);
}

chk_path chk_best(chk_algorithm algorithm, size_t messages) {
    return chk_portable;
}
