#if defined(__aarch64__)
#include "lanes_neon.h"

#define KERNEL chk_sha1_neon
#include "sha1_lanes.h"
#endif
