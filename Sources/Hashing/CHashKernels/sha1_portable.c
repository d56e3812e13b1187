#include "lanes_portable.h"

#define KERNEL chk_sha1_portable
#include "sha1_lanes.h"
