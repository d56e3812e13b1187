#if defined(__x86_64__)
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("sha,sse4.1,ssse3"))), apply_to = function)

#define KERNEL(lanes) chk_sha256_shani_##lanes
#include "sha256_shani.h"

#pragma clang attribute pop
#endif
