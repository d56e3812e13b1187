#include "lanes_portable.h"

#define KERNEL chk_sha256_portable
#include "sha256_lanes.h"
