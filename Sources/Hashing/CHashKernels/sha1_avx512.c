#if defined(__x86_64__)
#include "lanes_avx512.h"

#define KERNEL chk_sha1_avx512
#include "sha1_lanes.h"

#pragma clang attribute pop
#endif
