#if defined(__aarch64__)
#include "lanes_neon.h"

#define KERNEL chk_sha256_neon
#include "sha256_lanes.h"
#endif
