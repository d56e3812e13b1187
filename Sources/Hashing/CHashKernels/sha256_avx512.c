#if defined(__x86_64__)
#include "lanes_avx512.h"

#define KERNEL chk_sha256_avx512
#include "sha256_lanes.h"

#pragma clang attribute pop
#endif
