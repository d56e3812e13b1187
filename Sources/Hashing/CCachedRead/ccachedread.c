#define _GNU_SOURCE
#include "CCachedRead.h"

#include <sys/uio.h>

ssize_t ccachedread_pread(int descriptor, void *bytes, size_t length, off_t offset) {
    struct iovec whole = {bytes, length};
    return preadv2(descriptor, &whole, 1, offset, RWF_NOWAIT);
}
