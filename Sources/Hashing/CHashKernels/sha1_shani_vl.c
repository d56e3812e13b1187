#if defined(__x86_64__)
#include "kernels.h"

#include <immintrin.h>

// Four streams want more than sixteen registers: what would go to memory and back stays in the upper sixteen.
#pragma clang attribute push(__attribute__((target("sha,avx512f,avx512vl"))), apply_to = function)

#define KERNEL(lanes) chk_sha1_shani_vl_##lanes
#include "sha1_shani.h"

#pragma clang attribute pop
#endif
